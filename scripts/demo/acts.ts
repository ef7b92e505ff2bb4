/** The acts' way to the server, and what became of them. */
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal, type ProblemView } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import type { Act } from "./book.ts";
import { eachOf, type Api, type Bundle, type ItemResult } from "./client.ts";
import { chunks } from "./scenario/draws.ts";
import { ends } from "./waiting.ts";

/** Questions to the server at a time. */
const WIDTH = 4;
/** Acts in one question. */
const MOST = 100;
const LOOK_EVERY_MS = 250;
/** Looks without any act that moves on: about two minutes, not counting the time that the server is away. */
const MOST_LOOKS = 480;

type Progress = (done: number) => void;

/** Those of the acts that the server does not have. What it has accepted is its own to finish. */
export async function missingActs(api: Api, acts: readonly Act[], progress: Progress): Promise<Set<Hex>> {
  const missing = new Set<Hex>(acts.map(({ id }) => id));
  let looked = 0;
  await eachOf(chunks(acts, MOST), WIDTH, async (some) => {
    for (const { digest } of await api.states(some.map(({ id }) => id))) missing.delete(digest);
    progress((looked += some.length));
  });
  return missing;
}

/** What the server said of items handed in; an act that came twice counts twice. */
export interface Handed {
  counts: Record<ItemResult["status"], number>;
  /** what was wrong with those that were rejected, by the act's id */
  rejected: Map<Hex, ProblemView>;
}

/** Signs and hands in what is missing of each bundle, in their order. */
export async function handIn(
  api: Api,
  sign: (act: Act) => Bundle[number],
  bundles: readonly (readonly Act[])[],
  progress: Progress,
): Promise<Handed> {
  const counts = { accepted: 0, duplicate: 0, waiting: 0, rejected: 0 };
  const rejected: Handed["rejected"] = new Map();
  // what is handed in twice is the very same the second time
  const signed = new Map<Act, Bundle[number]>();
  const signedOnce = (act: Act): Bundle[number] => {
    const before = signed.get(act) ?? sign(act);
    signed.set(act, before);
    return before;
  };
  let sent = 0;
  let answering = Promise.resolve();
  for (const bundle of bundles) {
    // signed while the server has the one before
    const items = bundle.map(signedOnce);
    await answering;
    answering = api.sendActs(items).then((results) => {
      bundle.forEach(({ id }, i) => {
        const { status, problem } = results[i]!;
        counts[status] += 1;
        if (problem) rejected.set(id, problem);
      });
      progress((sent += bundle.length));
    });
    // an answer that is not awaited yet may be a refusal
    answering.catch(() => undefined);
    await setImmediate();
  }
  await answering;
  return { counts, rejected };
}

/**
 * Waits until nothing more will become of any of them.
 * @returns the state that each ended in
 * @throws Refusal when none moves for two minutes, or the server forgot what it had accepted
 */
export async function allSettled(api: Api, acts: readonly Act[], progress: Progress): Promise<Map<Hex, RequestState>> {
  const ended = new Map<Hex, RequestState>();
  for (const some of chunks(acts, MOST)) {
    let left = some.map(({ id }) => id);
    for (let looks = 0; left.length > 0; looks++) {
      const states = await api.states(left);
      if (states.length < left.length) {
        throw new Refusal("The server accepted acts and now does not know them. Keep the home and its server.log.");
      }
      const over = states.filter(({ state }) => ends.has(state));
      for (const { digest, state } of over) ended.set(digest, state);
      progress(ended.size);
      if (over.length > 0) looks = 0;
      left = left.filter((id) => !ended.has(id));
      if (looks > MOST_LOOKS) {
        throw new Refusal(`${left[0]} has not moved for two minutes. /ready and server.log in the home may say why.`);
      }
      if (left.length > 0) await sleep(LOOK_EVERY_MS);
    }
  }
  return ended;
}
