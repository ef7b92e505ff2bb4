/** The collects of the sample as signed acts, and their way to the server. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { domainSeparator, toHex, type Domain } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { ProblemView } from "../../server/errors.ts";
import { digestOf, receiptDigestOf, type Collect } from "../../server/traceability/acts.ts";
import { evidenceRoot } from "../../server/traceability/evidence.ts";
import { eachOf, type Api, type Bundle, type Lot, type RequestView } from "./client.ts";
import { seeded, type Cast } from "./keys.ts";
import type { Weighing } from "./scenario.ts";
import { settled } from "./waiting.ts";

/** Questions to the server at a time. */
const WIDTH = 8;
const BUNDLE = 50;

/** A collect as it is to be signed. The same home gives the same digests, so that nothing is handed in twice. */
export interface Act {
  weighing: Weighing;
  collect: Collect;
  /** EIP-712 digest: the request's key and the lot's id */
  id: Hex;
}

/** What can be shown of a weighing, field by field, to whoever holds the salts. */
function evidenceOf({ n, pieces, place, pricePaidFen, scale }: Weighing): Hex {
  const values = { pieces: String(pieces), place, pricePaidFen: String(pricePaidFen), scale };
  const fields = Object.entries(values).map(([name, value]) => ({
    salt: seeded(`evidence/${n}/${name}`),
    name,
    value: utf8ToBytes(value),
  }));
  return evidenceRoot(fields);
}

/** @param anchor hash of a block that the scale has seen */
export function createActs(domain: Domain, anchor: Hex, cast: Cast, weighings: readonly Weighing[]): Act[] {
  const separator = domainSeparator(domain);
  return weighings.map((weighing) => {
    const collect = {
      class: weighing.class,
      grams: weighing.grams,
      collector: cast[weighing.collector.kind][weighing.collector.n]!.address,
      keeper: cast.point.account,
      capturedAt: weighing.capturedAt,
      anchor,
      evidence: evidenceOf(weighing),
      salt: seeded(`salt/${weighing.n}`),
    };
    return { weighing, collect, id: toHex(digestOf(separator, "Collect", collect)) };
  });
}

/** Signs as the two people do: the collector the act, the keeper the act with the collector's signature. */
export function signAct(domain: Domain, cast: Cast, { weighing, collect }: Act): Bundle[number] {
  const separator = domainSeparator(domain);
  const collector = cast[weighing.collector.kind][weighing.collector.n]!;
  const giverSignature = collector.sign(digestOf(separator, "Collect", collect));
  const receiverSignature = cast.keeper.sign(receiptDigestOf(separator, "Collect", collect, giverSignature));
  return { type: "Collect", act: collect, giverSignature, receiverSignature };
}

type Progress = (done: number) => void;

/** Those of the acts that the server does not have. What it has accepted is its own to finish. */
export async function missingActs(api: Api, acts: readonly Act[], progress: Progress): Promise<Act[]> {
  const missing = new Set<Act>();
  let looked = 0;
  await eachOf(acts, WIDTH, async (act) => {
    if (!(await api.request(act.id))) missing.add(act);
    progress(++looked);
  });
  return acts.filter((act) => missing.has(act));
}

/** Signs and hands in, bundle by bundle. @returns what was wrong with those that were rejected, by the act's id */
export async function handIn(
  api: Api,
  sign: (act: Act) => Bundle[number],
  acts: readonly Act[],
  progress: Progress,
): Promise<Map<Hex, ProblemView>> {
  const rejected = new Map<Hex, ProblemView>();
  for (let from = 0; from < acts.length; from += BUNDLE) {
    const bundle = acts.slice(from, from + BUNDLE);
    const results = await api.sendActs(bundle.map(sign));
    bundle.forEach(({ id }, i) => {
      const problem = results[i]?.problem;
      if (problem) rejected.set(id, problem);
    });
    progress(from + bundle.length);
  }
  return rejected;
}

/** Waits until nothing more will become of any of them; acts that the server never took are left out. */
export async function allSettled(api: Api, acts: readonly Act[], progress: Progress): Promise<RequestView[]> {
  const settledOnes: RequestView[] = [];
  await eachOf(acts, WIDTH, async ({ id }) => {
    settledOnes.push(await settled(api, id));
    progress(settledOnes.length);
  });
  return settledOnes;
}

/** The lots of the acts, as far as there are any, in the acts' order. */
export async function lotsOf(api: Api, acts: readonly Act[], progress: Progress): Promise<Lot[]> {
  const lots = new Map<Hex, Lot>();
  let looked = 0;
  await eachOf(acts, WIDTH, async ({ id }) => {
    const lot = await api.lot(id);
    if (lot) lots.set(id, lot);
    progress(++looked);
  });
  return acts.flatMap(({ id }) => lots.get(id) ?? []);
}
