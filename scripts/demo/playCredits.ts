/** Plays the sinks, the retirements, and the money that sinks and the brand bring. */
import { lossKinds } from "../../server/access/vocabulary.ts";
import { registrySigner } from "./keys.ts";
import { payOut, playFund, premium, sale, STEPS as FUND_STEPS, type Fund, type Pool } from "./money.ts";
import { playRetirements, type Retired } from "./retiring.ts";
import { retirementsOf } from "./scenario/retirements.ts";
import { DACHEN_SALE_FEN, ZIYANG_SALE_FEN, sinks, type Sink } from "./scenario/sinks.ts";
import type { Year } from "./scenario/year.ts";
import { count, yuan } from "./screen.ts";
import { playSink, STEPS as SINK_STEPS, type Played } from "./sinks.ts";
import { adminSigner, stepOver, type Stage } from "./stage.ts";

/** A fund, and the pool that it is. */
export interface Paid {
  fund: Fund;
  pool: Pool;
}

/** What became of credits and money. */
export interface Credits {
  played: Played[];
  retired: Retired[];
  paid: Paid[];
}

/** Three sinks from their methodology to delivery, who retires, then the premium of the year and the proceeds of the sales. */
export async function playCredits(stage: Stage, year: Year, share: number): Promise<Credits> {
  const played = await playSinks(stage);
  const retired = await retireAll(stage, share);
  return { played, retired, paid: await playMoney(stage, year, played) };
}

function playSinks({ screen, config, api, ledger, cast }: Stage): Promise<Played[]> {
  return stepOver(
    screen,
    ["碳汇", "Sinks"],
    sinks.length * SINK_STEPS,
    async (progress) => {
      let done = 0;
      const common = { api, ledger, cast, registry: registrySigner(), admin: () => adminSigner(config) };
      const played: Played[] = [];
      for (const sink of sinks) played.push(await playSink({ ...common, progress: () => progress(++done) }, sink));
      return played;
    },
    (played) => {
      const issued = played.reduce((sum, { report }) => sum + BigInt(report.issuedKg), 0n);
      const held = sinks.reduce((sum, { deposit, deliveredKg }) => sum + (deposit ? deliveredKg : 0), 0);
      return `${count(issued)} kg issued, ${count(held)} kg of it held by a court`;
    },
  );
}

function retireAll({ screen, api, cast }: Stage, share: number): Promise<Retired[]> {
  const retirings = retirementsOf(share);
  return stepOver(
    screen,
    ["注销", "Retire"],
    2 * retirings.length,
    (progress) => playRetirements({ api, cast, progress }, retirings),
    (retired) => {
      const kg = retired.reduce((sum, { retirement }) => sum + BigInt(retirement.kg), 0n);
      return `${count(kg)} kg in ${retired.length} retirements`;
    },
  );
}

function fundsOf(year: Year, played: readonly Played[]): Fund[] {
  const claimedGrams = year.book.losses.get(lossKinds.claimed) ?? 0;
  const lots = year.claimed.map(({ id }) => id);
  const projectOf = (key: Sink["key"]): string => played.find(({ sink }) => sink.key === key)!.project;
  return [
    premium(lots, claimedGrams),
    sale("dachen", projectOf("dachen"), DACHEN_SALE_FEN, "buyer/0"),
    sale("ziyang", projectOf("ziyang"), ZIYANG_SALE_FEN, "buyer/1"),
  ];
}

/** All pools are opened before the first is paid out: the days in which a division can be disputed pass together. */
function playMoney({ screen, api, cast }: Stage, year: Year, played: readonly Played[]): Promise<Paid[]> {
  const funds = fundsOf(year, played);
  return stepOver(
    screen,
    ["资金", "Money"],
    funds.length * FUND_STEPS,
    async (progress) => {
      let done = 0;
      const stage = { api, cast, progress: () => progress(++done) };
      const ids: string[] = [];
      for (const fund of funds) ids.push(await playFund(stage, fund));
      const paid: Paid[] = [];
      for (const [i, fund] of funds.entries()) paid.push({ fund, pool: await payOut(stage, ids[i]!) });
      return paid;
    },
    (paid) => `${yuan(paid.reduce((sum, { pool }) => sum + BigInt(pool.paidFen), 0n))} paid`,
  );
}
