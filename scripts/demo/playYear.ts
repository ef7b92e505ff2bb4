/** Plays the storage point's year: who is registered, what is handed in, what an auditor rules, how it must then stand. */
import { domainSeparator } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { ProblemView } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import { allSettled, handIn, missingActs, type Handed } from "./acts.ts";
import { grounds, release, type Case } from "./auditor.ts";
import { signAct, type Act } from "./book.ts";
import { deliver } from "./deliveries.ts";
import { registrySigner } from "./keys.ts";
import { lotFaultsOf, openLots } from "./outcome.ts";
import { establish } from "./registry.ts";
import type { Year } from "./scenario/year.ts";
import { count } from "./screen.ts";
import { adminSigner, stepOver, type Stage } from "./stage.ts";

/** Brings the register up to date. */
export function register({ screen, config, api, ledger, cast }: Stage): Promise<void> {
  const { parties } = cast;
  const keys = parties.reduce((sum, party) => sum + party.keys.length, 0);
  const permits = parties.reduce((sum, party) => sum + party.permits.length, 0);
  return stepOver(
    screen,
    ["登记", "Register"],
    parties.length,
    (progress) =>
      establish({ api, ledger, cast, registry: registrySigner(), admin: () => adminSigner(config), progress }),
    () => `${count(parties.length)} accounts, ${keys} keys bound, ${permits} licences`,
  );
}

/** What became of the year's acts. */
export interface Carried {
  ended: ReadonlyMap<Hex, RequestState>;
  rejected: ProblemView[];
  /** where a lot that should be there does not stand as it should, in words */
  lotFaults: string[];
}

/** Hands in what is missing of the year, has the auditor rule, waits, and holds every open lot against the book. */
export async function playYear(stage: Stage, year: Year): Promise<Carried> {
  const { screen, api } = stage;
  const { acts } = year.book;
  const missing = await stepOver(
    screen,
    ["比对", "Compare"],
    acts.length,
    (progress) => missingActs(api, acts, progress),
    (found) =>
      found.size === acts.length ? "nothing played yet" : `${found.size > 0 ? count(found.size) : "nothing"} missing`,
  );
  const before = await carry(
    stage,
    acts.filter(({ held }) => !held),
    missing,
  );
  await rule(stage, year);
  const after = await carry(
    stage,
    acts.filter(({ held }) => held),
    missing,
  );
  const lotFaults = await stepOver(
    screen,
    ["核对", "Check"],
    openLots(year.book).length,
    (progress) => lotFaultsOf(api, year.book, progress),
    (faults) => `${openLots(year.book).length} open lots, ${faults.length > 0 ? faults.length : "none"} amiss`,
  );
  return {
    ended: new Map([...before.ended, ...after.ended]),
    rejected: [...before.rejected, ...after.rejected],
    lotFaults,
  };
}

/** Hands in what the server does not have of these acts, and waits for all of them. */
async function carry(
  stage: Stage,
  acts: readonly Act[],
  missing: ReadonlySet<Hex>,
): Promise<Omit<Carried, "lotFaults">> {
  const { screen, api } = stage;
  const rejected = acts.some(({ id }) => missing.has(id)) ? await sendMissing(stage, acts, missing) : new Map();
  const sent = acts.filter(({ id }) => !rejected.has(id));
  const ended = await stepOver(
    screen,
    ["上链", "Record"],
    sent.length,
    (progress) => allSettled(api, sent, progress),
    (states) => `${count([...states.values()].filter((state) => state === "final").length)} final`,
  );
  return { ended, rejected: [...rejected.values()] as ProblemView[] };
}

async function sendMissing(
  { screen, api, cast, ledger }: Stage,
  acts: readonly Act[],
  missing: ReadonlySet<Hex>,
): Promise<Handed["rejected"]> {
  const bundles = deliver(acts)
    .map((bundle) => bundle.filter(({ id }) => missing.has(id)))
    .filter((bundle) => bundle.length > 0);
  const separator = domainSeparator(ledger);
  const { rejected } = await stepOver(
    screen,
    ["上报", "Hand in"],
    bundles.flat().length,
    (progress) => handIn(api, (act) => signAct(separator, cast, act), bundles, progress),
    ({ counts }) =>
      [
        `${count(counts.accepted)} accepted`,
        ...(counts.waiting > 0 ? [`${count(counts.waiting)} waiting for others`] : []),
        ...(counts.duplicate > 0 ? [`${count(counts.duplicate)} seen before`] : []),
        ...(counts.rejected > 0 ? [`${count(counts.rejected)} REJECTED`] : []),
      ].join(", "),
  );
  return rejected;
}

/** The auditor rules on the batch that was quarantined for its yield, and on what a lost phone had signed. */
async function rule({ screen, api, ledger }: Stage, year: Year): Promise<void> {
  const reviewed = openLots(year.book).filter(({ review }) => review);
  const cases: Case[] = [
    { lot: year.quarantined.id, flag: "quarantined" },
    ...reviewed.map(({ id }): Case => ({ lot: id, flag: "review" })),
  ];
  const lifted = await stepOver(
    screen,
    ["裁定", "Rule"],
    cases.length,
    () => release(api, ledger, cases),
    (found) => (found > 0 ? `the auditor lifted ${found} flags, with reasons` : "nothing to rule on"),
  );
  if (lifted > 0) screen.print(...Object.values(grounds).flatMap(({ zh, en }) => [`     ${zh}`, `     ${en}`]));
}
