/** `lots`: what one is, and where it came from, as a tree. */
import type { Command } from "commander";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Lot, Provenance } from "../demo/client.ts";
import { chinaTime, count, kilograms, table, tree, type Branch } from "../demo/screen.ts";
import type { Desk } from "./desk.ts";
import { facts, kindNames, wordOf } from "./lines.ts";
import { hash } from "./values.ts";
import type { AddVerb, Answer, Words } from "./verb.ts";

type Flow = Provenance["flows"][number];
type End = Flow["to"];

const dispositions: Readonly<Record<Lot["disposition"], Words>> = {
  open: ["在库", "open"],
  consumed: ["已用尽", "consumed"],
  void: ["已作废", "void"],
};

const flagNames: Readonly<Record<Lot["flags"][number], Words>> = {
  contested: ["有争议", "contested"],
  quarantined: ["已隔离", "quarantined"],
  bailed: ["代管", "bailed"],
  review: ["待复核", "under review"],
};

const together: Readonly<Record<string, Words>> = {
  collectors: ["收集人", "collectors"],
  persons: ["个人", "persons"],
};

/** A cell ends where the next begins. */
const NEXT_CELL = "\t";

async function show({ api }: Desk, [id]: [Hex]): Promise<Answer> {
  const lot = await api.lot(id);
  if (!lot) throw await absence(api, id);
  const provenance = await api.provenance(id);
  return { outcome: "shown", json: { lot, provenance }, lines: [...lotLines(lot), "", ...wayLines(lot, provenance)] };
}

/** A collect's lot has the act's digest as its id: before it is recorded, its request says how far it is. */
async function absence(api: Api, id: Hex): Promise<Refusal> {
  const request = await api.request(id);
  if (!request) return new Refusal(`There is no lot ${id}.`);
  return new Refusal(`There is no lot ${id} yet: its act is ${request.state}; see requests show ${id}.`);
}

const lotLines = (lot: Lot): string[] =>
  facts([
    ["批次", "Lot", lot.id],
    ["物料", "Material", `${lot.class.zh} ${lot.class.en}`],
    ["质量", "Mass", kilograms(lot.massGrams)],
    ["状态", "State", wordOf(dispositions, lot.disposition)],
    ["标记", "Flags", lot.flags.map((flag) => wordOf(flagNames, flag)).join(", ") || "–"],
    ["保管", "Custodian", lot.custodian ?? "个人 a person"],
  ]);

/** Where the tree begins: who holds the lot, else those who gave nothing on, else all who received. */
function rootsOf({ custodian }: Lot, flows: readonly Flow[]): End[] {
  const receivers = [...new Set(flows.map(({ to }) => to))];
  if (custodian !== null && receivers.includes(custodian)) return [custodian];
  const last = receivers.filter((end) => !flows.some(({ from, to }) => from === end && to !== end));
  return last.length > 0 ? last : receivers;
}

function wayLines(lot: Lot, provenance: Provenance): string[] {
  const { totals, flows } = provenance;
  const days = [totals.firstCapturedAt, totals.lastCapturedAt].map((day) => chinaTime(day ?? 0).slice(0, 10));
  const shown = new Set<End>();
  const trees = rootsOf(lot, flows).flatMap((end) =>
    tree({ text: nameOf(provenance, end), branches: wayBack(provenance, end, shown) }),
  );
  return [
    `来自 ${count(totals.collects)} 次收集 Made of ${count(totals.collects)} collects, ${kilograms(Number(totals.collectedGrams))}: ${count(totals.acts)} acts, ${days.join(" … ")}`,
    ...table(trees.map((line) => line.split(NEXT_CELL))),
  ];
}

/** The way back from a place: who gave to it, how much in how many acts, and below that who gave to them. */
function wayBack(provenance: Provenance, to: End, shown: Set<End>): Branch[] {
  if (shown.has(to)) return [];
  shown.add(to);
  return provenance.flows
    .filter((flow) => flow.to === to)
    .map(({ from, massGrams, acts }) => ({
      text: [nameOf(provenance, from), kilograms(Number(massGrams)), `${count(acts)} ×`].join(NEXT_CELL),
      branches: wayBack(provenance, from, shown),
    }));
}

/** A place by its id and what it is, or the people taken together. */
function nameOf({ facilities }: Provenance, end: End): string {
  const kinds = facilities.find(({ id }) => id === end)?.kinds ?? [];
  return kinds.length === 0
    ? wordOf(together, end)
    : `${end} ${kinds.map((kind) => wordOf(kindNames, kind)).join(", ")}`;
}

export function lots(program: Command, verb: AddVerb): void {
  const noun = program.command("lots").description("物料批次 Lots of recovered waste");
  verb(noun, "show", ["查看一个批次及其来源", "What it is, and where it came from"], show).argument(
    "<lot>",
    "批次号 its id",
    hash,
  );
}
