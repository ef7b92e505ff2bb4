/** What the player shows at the end: the way of the delivered granulate, the year's mass balance, whether the books balance, and what to do next. */
import { lists, lossKinds, nameOf } from "../../server/access/vocabulary.ts";
import { totalsOf } from "./book.ts";
import type { Conservation, Digests, Provenance } from "./client.ts";
import type { Cast } from "./keys.ts";
import type { Credits } from "./playCredits.ts";
import { readCreditFindings, showCredits, type CreditFindings } from "./reportCredits.ts";
import type { Call, Harboured, Tank } from "./scenario/calls.ts";
import { harbourNames, wasteNames } from "./scenario/harbours.ts";
import { names } from "./scenario/people.ts";
import type { Year } from "./scenario/year.ts";
import { chinaTime, count, kilograms, percent, table, tree, type Branch, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** Everything shown that is read from the API once all is settled. */
export interface Findings {
  conservation: Conservation;
  digest: Digests;
  /** of the delivered granulate */
  provenance: Provenance;
  credits: CreditFindings;
}

export async function readFindings(stage: Stage, { delivered }: Year, credits: Credits): Promise<Findings> {
  const { api } = stage;
  const [conservation, digest] = [await api.conservation(), await api.digest()];
  const provenance = await api.provenance(delivered.id);
  return { conservation, digest, provenance, credits: await readCreditFindings(stage, credits) };
}

type Flow = Provenance["flows"][number];
type End = Flow["to"];

/** A cell ends where the next begins. */
const NEXT_CELL = "\t";

/** The way back from a place: who gave to it, how much in how many acts, and below that who gave to them. */
function wayBack(cast: Cast, flows: readonly Flow[], to: End, shown = new Set<End>()): Branch[] {
  if (shown.has(to)) return [];
  shown.add(to);
  return flows
    .filter((flow) => flow.to === to)
    .map(({ from, massGrams, acts }) => ({
      text: [nameOfEnd(cast, from), kilograms(Number(massGrams)), `${count(acts)} ×`].join(NEXT_CELL),
      branches: wayBack(cast, flows, from, shown),
    }));
}

/** An account of the demo by its names. */
function nameOfEnd(cast: Cast, end: End): string {
  const who = end === "collectors" ? end : cast.parties.find(({ account }) => account === end)?.who;
  const { zh, en } = { ...names, ...wasteNames }[who as keyof typeof names];
  return `${zh} ${en}`;
}

function showProvenance(screen: Screen, url: string, cast: Cast, year: Year, { provenance }: Findings): void {
  const { totals, flows } = provenance;
  const { id, grams } = year.delivered;
  const brand = cast.of("brand").account;
  const picture = { text: nameOfEnd(cast, brand), branches: wayBack(cast, flows, brand) };
  screen.heading("溯源", "Where the delivered granulate comes from");
  const days = [totals.firstCapturedAt, totals.lastCapturedAt].map((at) => chinaTime(at ?? 0).slice(0, 10));
  screen.print(
    `再生塑料颗粒 Regranulate, ${kilograms(grams)} of it not claimed yet. Made of what`,
    `${count(totals.collectors)} collectors brought in ${count(totals.collects)} collects, ${kilograms(Number(totals.collectedGrams))}: ${count(totals.acts)} acts,`,
    `${days.join(" … ")}. Who gave how much to whom:`,
    "",
    ...table(tree(picture).map((line) => line.split(NEXT_CELL))),
    "",
    `${url}/lots/${id}?lang=zh`,
    `${url}/lots/${id}?lang=en`,
  );
}

/** The harbours of the year: each with its calls and boats, and what of their waste was disposed of. */
function showHarbours(screen: Screen, url: string, { calls, tanks }: Harboured): void {
  const of = <T extends { harbour: number }>(items: readonly T[], n: number): T[] =>
    items.filter((each) => each.harbour === n);
  const sum = (items: readonly { grams: number }[]): number => items.reduce((total, { grams }) => total + grams, 0);
  const row = (name: string, some: readonly Call[], emptied: readonly Tank[]): string[] => [
    name,
    count(some.length),
    count(new Set(some.map(({ vessel }) => vessel)).size),
    kilograms(sum(some)),
    count(emptied.length),
    kilograms(sum(emptied)),
  ];
  screen.heading("海洋云仓", "Ocean Cloud Warehouse, Wenling: ship waste to its end");
  screen.print(
    ...table([
      ["", "calls", "boats", "received", "tanks", "disposed of"],
      ...harbourNames.map(({ zh, en }, n) => row(`${zh} ${en}`, of(calls, n), of(tanks, n))),
      row("合计 Together", calls, tanks),
    ]),
    "",
    `一罐从船到处置 One tank, from the boats to its end: ${url}/lots/${tanks[0]!.lot.id}`,
  );
}

/** Where the year's grams went: those of the storage point and those of the harbours. */
function showBalance(screen: Screen, { book, harboured }: Year): void {
  const { collected, live } = totalsOf(book);
  const waste = harboured.tanks.reduce((total, { grams }) => total + grams, 0);
  const own = collected - waste;
  const row = (label: string, grams: number, ofHarbours = 0): string[] => [
    label,
    kilograms(grams - ofHarbours),
    percent(grams - ofHarbours, own),
    kilograms(ofHarbours),
  ];
  const lost = (kind: number, ofHarbours = 0): string[] => {
    const { zh, en } = nameOf(lists.lossKind, kind);
    return row(`  ${zh} ${en}`, book.losses.get(kind) ?? 0, ofHarbours);
  };
  screen.heading("物料平衡", "Mass balance of the year");
  screen.print(
    ...table([
      ["", "storage point", "", "harbours"],
      row("收集 Collected", collected, waste),
      lost(lossKinds.claimed),
      lost(lossKinds.disposed, waste),
      row("  加工损耗 Lost in processes", book.losses.get("process") ?? 0),
      ...[lossKinds.dried, lossKinds.variance, lossKinds.stolen, lossKinds.stockTake].map((kind) => lost(kind)),
      row("  在库 Live", live),
    ]),
  );
}

export function showFindings(screen: Screen, url: string, cast: Cast, year: Year, findings: Findings): void {
  const { conservation, digest } = findings;
  showProvenance(screen, url, cast, year, findings);
  showHarbours(screen, url, year.harboured);
  showBalance(screen, year);
  showCredits(screen, findings.credits);
  screen.heading("守恒", `Conservation at block ${conservation.asOfBlock}`);
  const figure = (text: string): string => (/^\d+$/.test(text) ? count(BigInt(text)) : text.slice(0, 24));
  screen.print(
    ...table([
      ["check", "contract", "projection", "ok"],
      ...conservation.checks.map(({ id, left, right, ok }) => [id, figure(left), figure(right), ok ? "yes" : "NO"]),
    ]),
  );
  screen.heading("摘要", `Digest at block ${digest.block}`);
  screen.print(`effects  ${digest.effects}`, `state    ${digest.state?.root ?? "none"}`);
}

/** @param pid of a server that is not the player's own */
export function showNext(screen: Screen, url: string, pid: number | undefined, stays: boolean): void {
  screen.heading("接下来", "Next");
  const served = [
    [`${url}/`, "look any lot up; see whether the books balance"],
    [`${url}/docs`, "the API, to browse"],
    [`${url}/v1/retirements`, "who retired what, and for what"],
    [`${url}/v1/pools/1/allocation`, "how a pool was divided, with its reasons"],
    [`npm run audit -- --api ${url}`, "reads everything again, by code of its own"],
  ];
  const rows = [
    ...(stays || pid !== undefined ? served : []),
    ["npm run demo", "plays only what is missing"],
    ["npm run demo -- --fresh", "starts over"],
    ...(pid === undefined ? [] : [[`kill ${pid}`, "stops the server, which ran before and runs on"]]),
    ...(stays ? [["Ctrl-C", "stops the server"]] : []),
  ];
  screen.print(...rows.map(([command, what]) => `${command!.padEnd(47)}  ${what}`));
}
