/** What the player shows at the end: the way of the delivered granulate, the year's mass balance, whether the books balance, and what to do next. */
import { lists, lossKinds, nameOf } from "../../server/access/vocabulary.ts";
import { totalsOf, type Book } from "./book.ts";
import type { Conservation, Digests, Provenance } from "./client.ts";
import type { Cast } from "./keys.ts";
import type { Credits } from "./playCredits.ts";
import { readCreditFindings, showCredits, type CreditFindings } from "./reportCredits.ts";
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
  const { zh, en } = names[who as keyof typeof names];
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

/** Where the year's grams went, each part of what was collected. */
function showBalance(screen: Screen, book: Book): void {
  const { collected, live } = totalsOf(book);
  const lost = (kind: number | "process"): number => book.losses.get(kind) ?? 0;
  const kind = (code: number): [string, number] => {
    const { zh, en } = nameOf(lists.lossKind, code);
    return [`${zh} ${en}`, lost(code)];
  };
  const parts: [string, number][] = [
    kind(lossKinds.claimed),
    kind(lossKinds.disposed),
    ["加工损耗 Lost in processes", lost("process")],
    kind(lossKinds.dried),
    kind(lossKinds.variance),
    kind(lossKinds.stolen),
    kind(lossKinds.stockTake),
    ["在库 Live", live],
  ];
  screen.heading("物料平衡", "The year's mass balance");
  screen.print(
    ...table([
      ["收集 Collected", kilograms(collected), percent(collected, collected)],
      ...parts.map(([label, grams]) => [`  ${label}`, kilograms(grams), percent(grams, collected)]),
    ]),
  );
}

export function showFindings(screen: Screen, url: string, cast: Cast, year: Year, findings: Findings): void {
  const { conservation, digest } = findings;
  showProvenance(screen, url, cast, year, findings);
  showBalance(screen, year.book);
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
