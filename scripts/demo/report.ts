/** What the player shows at the end: one lot's provenance, whether the books balance, the digest, and what to do next. */
import type { Api, Conservation, Digests, Lot, Provenance } from "./client.ts";
import type { Act } from "./acts.ts";
import type { ActKey } from "./keys.ts";
import { chinaTime, count, kilograms, short, table, tree, yuan, type Branch, type Screen } from "./screen.ts";
import { storagePoint } from "./scenario.ts";

/** Everything read from the API once all is settled. */
export interface Findings {
  lots: Lot[];
  conservation: Conservation;
  digest: Digests;
  /** of the sample's last lot */
  provenance: Provenance | undefined;
}

/** @param keeper logs in for the provenance, as a party to it */
export async function readFindings(api: Api, lots: Lot[], keeper: ActKey): Promise<Findings> {
  const last = lots.at(-1);
  return {
    lots,
    conservation: await api.conservation(),
    digest: await api.digest(),
    provenance: last && (await api.provenance(last.id, keeper)),
  };
}

/** Every named check of T1 was made, and both of its sides agree. */
export function conserves({ conservation }: Findings): boolean {
  const made = new Set(conservation.checks.map(({ id }) => id));
  const named = ["T1.collected", "T1.concluded", "T1.live"].every((id) => made.has(id));
  return named && conservation.ok && conservation.checks.every(({ ok }) => ok);
}

type Node = Provenance["nodes"][number];

const leaf = (text: string): Branch => ({ text, branches: [] });

/** What the root stands for; the player knows it, the ledger does not. */
const evidenceWords = ({ weighing: { place, pieces, pricePaidFen } }: Act): string =>
  `of: ${place}; ${pieces === 1 ? "1 piece" : `${pieces} pieces`}; ${yuan(pricePaidFen)} paid`;

/** A lot, its acts, and below it the lots it came from. */
function branchOf(page: Provenance, node: Node, act: Act | undefined): Branch {
  const parents = page.edges.filter(({ child }) => child === node.id).map(({ parent }) => parent);
  const lots = page.nodes.filter(({ id }) => parents.includes(id));
  return {
    text: `${node.class.zh} ${node.class.en}, ${kilograms(node.massGrams)}, ${[node.disposition, ...node.flags].join(", ")}`,
    branches: [
      ...node.acts.map((step) => ({
        text: `${step.kind}, ${chinaTime(step.capturedAt)} (China), ${kilograms(step.massGrams)}`,
        branches: [
          leaf(`giver     ${step.giver}${act ? `  ${act.weighing.collector.kind} collector` : ""}`),
          leaf(`receiver  ${step.receiver}  ${storagePoint.en}`),
          { text: `evidence  ${short(step.evidence)}`, branches: act ? [leaf(evidenceWords(act))] : [] },
          leaf(`block     ${step.block}, transaction ${short(step.tx)}`),
        ],
      })),
      ...lots.map((lot) => branchOf(page, lot, undefined)),
    ],
  };
}

export function showFindings(screen: Screen, url: string, acts: readonly Act[], findings: Findings): void {
  const { conservation, digest, provenance } = findings;
  const node = provenance?.nodes.find(({ id }) => id === provenance.lot);
  if (provenance && node) {
    const act = acts.find(({ id }) => id === node.id);
    screen.heading("溯源", "Provenance of the last lot");
    screen.print(`${url}/lots/${node.id}`, ...tree(branchOf(provenance, node, act)));
  }
  screen.heading("守恒", `Conservation at block ${conservation.asOfBlock}`);
  const grams = (amount: string): string => count(BigInt(amount));
  screen.print(
    ...table([
      ["check", "contract", "projection", "ok"],
      ...conservation.checks.map(({ id, left, right, ok }) => [id, grams(left), grams(right), ok ? "yes" : "NO"]),
    ]),
  );
  screen.heading("摘要", `Digest at block ${digest.block}`);
  screen.print(`effects  ${digest.effects}`, `state    ${digest.state?.root ?? "none"}`);
}

/** @param pid of a server that is not the player's own */
export function showNext(screen: Screen, pid: number | undefined, stays: boolean): void {
  screen.heading("接下来", "Next");
  screen.print("npm run demo             plays only what is missing", "npm run demo -- --fresh  starts over");
  if (pid !== undefined) screen.print(`kill ${String(pid).padEnd(19)} stops the server, which ran before and runs on`);
  else if (stays) screen.print("Ctrl-C                   stops the server");
}
