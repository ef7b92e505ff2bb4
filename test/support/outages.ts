/** A client that goes on through an outage, and what must hold after one. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { SignedItem } from "../../scripts/bench/acts.ts";
import type { Hex } from "../../server/chain/port.ts";
import { allFinal, apiAt } from "./homes.ts";

/** Acts that a client hands in at a time. */
const BUNDLE = 12;

/** Hands acts in. @returns the status, with the problem's code where there was one */
export async function hand(url: string, acts: readonly SignedItem[]): Promise<[status: number, code?: string]> {
  const response = await fetch(`${url}/v1/acts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(acts.map(({ item }) => item)),
  });
  const { code } = (await response.json()) as { code?: string };
  return code === undefined ? [response.status] : [response.status, code];
}

/** A status by GET. */
export const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

/** Waits until `/ready` answers so. @returns its body */
export async function readiness(url: string, status: 200 | 503): Promise<Record<string, unknown>> {
  for (;;) {
    const response = await fetch(`${url}/ready`);
    const body = (await response.json()) as Record<string, unknown>;
    if (response.status === status) return body;
    await sleep(50);
  }
}

/** Hands the acts in a few at a time, each again until it is taken. @param refusals gets those seen on the way */
export async function handAll(url: string, acts: readonly SignedItem[], refusals: Set<string>): Promise<void> {
  for (let from = 0; from < acts.length; from += BUNDLE) {
    for (;;) {
      const [status, code] = await hand(url, acts.slice(from, from + BUNDLE));
      if (status === 202) break;
      refusals.add(`${status} ${code}`);
      await sleep(50);
    }
  }
}

/** Waits for all acts; each must be in the books once. @returns the state's digest */
export async function settled(url: string, acts: readonly SignedItem[]): Promise<Hex> {
  const api = apiAt(url);
  await allFinal(api, acts);
  const { ok, checks } = await api.conservation();
  expect(ok, JSON.stringify(checks)).to.equal(true);
  const grams = acts.reduce((sum, { item }) => sum + item.act.grams, 0);
  expect(checks.find(({ id }) => id === "T1.collected")?.left).to.equal(String(grams));
  return (await api.digest()).state!.root;
}
