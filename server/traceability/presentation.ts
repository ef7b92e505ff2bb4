/** Lots, acts and whole graphs as they go out, for the eyes of whoever asked. */
import type { z } from "zod";
import { lossKindName, lotClassName, processName } from "../access/queries.ts";
import type { Hex } from "../chain/port.ts";
import type { Eyes } from "./needToKnow.ts";
import type { ActRow, NodeRow } from "./provenance.ts";
import type { LotRow } from "./queries.ts";
import type { actView, fullView, lotView, nodeView, publicView } from "./schemas.ts";
import { exactly, type Flow, type Loss, type Place, type Sum, type Summary } from "./summary.ts";

const dispositions = ["open", "consumed", "void"] as const;
const lotFlags = ["contested", "quarantined", "bailed", "review"] as const;
const reasons = ["suspended", "licence", "clock", "lateKey"] as const;
/** bits 1 to 3 of an account's kinds */
const placeKinds = ["organisation", "facility", "vessel"] as const;
const DAY = 86_400;

/** The names of the bits that are set, lowest first. */
const bits = <Name extends string>(names: readonly Name[], value: number): Name[] =>
  names.filter((_, i) => (value >> i) & 1);

export type LotFlag = (typeof lotFlags)[number];

/** Names of a lot's flags. */
export const presentLotFlags = (value: number): LotFlag[] => bits(lotFlags, value);

/** @param custodian its id, or null where it may not be shown */
export function presentLot(lot: LotRow, custodian: Hex | null): z.input<typeof lotView> {
  return {
    id: lot.id,
    class: lotClassName(lot.class),
    massGrams: Number(lot.grams),
    custodian,
    seq: lot.seq,
    disposition: dispositions[lot.disposition] ?? "void",
    flags: presentLotFlags(lot.flags),
  };
}

const codeOf = (kind: string, code: number): ReturnType<typeof processName> | null =>
  kind === "transform" ? processName(code) : kind === "conclude" ? lossKindName(code) : null;

function presentAct(act: ActRow, eyes: Eyes, licensed: ReadonlySet<Hex>): z.input<typeof actView> {
  return {
    digest: act.digest,
    kind: act.kind as z.input<typeof actView>["kind"],
    lot: act.lot,
    seq: act.seq,
    giver: eyes.ofAct(act, act.giver),
    receiver: eyes.ofAct(act, act.receiver),
    massGrams: Number(act.grams),
    declaredGrams: act.declaredGrams === null ? null : Number(act.declaredGrams),
    lossGrams: Number(act.lossGrams),
    code: codeOf(act.kind, act.code),
    capturedAt: Number(act.capturedAt),
    reasons: bits(reasons, act.flags >> 4),
    answered: licensed.has(act.digest) ? ["licence"] : [],
    anchor: act.anchor,
    evidence: act.evidence,
    tx: act.tx,
    block: Number(act.block),
    recordedAt: Number(act.recordedAt),
  };
}

/** @param licensed digests of acts whose flag for want of a licence is answered */
export function presentNode(node: NodeRow, eyes: Eyes, licensed: ReadonlySet<Hex>): z.input<typeof nodeView> {
  return {
    ...presentLot(node, eyes.ofLot(node, node.custodian)),
    owner: eyes.ofLot(node, node.owner),
    madeBy: node.madeBy,
    endedBy: node.endedBy,
    acts: node.acts.map((act) => presentAct(act, eyes, licensed)),
  };
}

const text = (sum: Sum): string => exactly(sum).toString();

const bySize = (a: { grams: Sum }, b: { grams: Sum }): number => {
  const [left, right] = [exactly(a.grams), exactly(b.grams)];
  return left < right ? 1 : left > right ? -1 : 0;
};

/** @param unit of the times: 1 for seconds, a day's seconds where an hour could give away who it was */
export function presentTotals(summary: Summary, unit: 1 | typeof DAY): NonNullable<z.input<typeof fullView>["totals"]> {
  const { lots, acts, collects, collectors, persons, firstCapturedAt: first, lastCapturedAt: last } = summary;
  const time = (at: number | undefined): number | null => (at === undefined ? null : at - (at % unit));
  const lost = summary.losses.reduce((sum, { grams }) => sum + exactly(grams), 0n);
  const loss = ({ by, code, grams }: Loss): { by: Loss["by"]; code: ReturnType<typeof codeOf>; massGrams: string } => ({
    by,
    code: codeOf(by, code),
    massGrams: text(grams),
  });
  return {
    lots,
    acts,
    collects,
    collectedGrams: text(summary.collected),
    lostGrams: lost.toString(),
    losses: summary.losses.toSorted(bySize).map(loss),
    collectors,
    persons,
    facilities: summary.places.length,
    firstCapturedAt: time(first),
    lastCapturedAt: time(last),
  };
}

function presentPlace({ id, classes }: Place, kinds: number): z.input<typeof publicView>["facilities"][number] {
  return {
    id,
    kinds: bits(placeKinds, kinds >> 1),
    classes: [...classes].map(([code, sums]) => ({
      class: lotClassName(code),
      receivedGrams: text(sums.received),
      madeGrams: text(sums.made),
      usedGrams: text(sums.used),
      givenGrams: text(sums.given),
      endedGrams: text(sums.ended),
    })),
  };
}

const presentFlow = ({ grams, ...flow }: Flow): z.input<typeof publicView>["flows"][number] => ({
  ...flow,
  massGrams: text(grams),
});

/** @param named the accounts that may be named, with their kinds */
export function presentPublic(
  summary: Summary,
  named: ReadonlyMap<Hex, number>,
): Pick<z.input<typeof publicView>, "totals" | "facilities" | "flows"> {
  return {
    totals: presentTotals(summary, DAY),
    facilities: summary.places.map((place) => presentPlace(place, named.get(place.id) ?? 0)),
    flows: summary.flows.toSorted(bySize).map(presentFlow),
  };
}
