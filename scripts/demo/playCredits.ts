/** Plays the sinks, and the money that they and the brand bring. */
import { lossKinds } from "../../server/access/vocabulary.ts";
import { registrySigner } from "./keys.ts";
import { playFund, premium, sale, STEPS as FUND_STEPS, type Fund, type Pool } from "./money.ts";
import { createPapers, type Papers } from "./papers.ts";
import { DACHEN_SALE_FEN, sinks } from "./scenario/sinks.ts";
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
  paid: Paid[];
}

/** Two sinks from their methodology to a certificate, then the premium of the year and the proceeds of a sale. */
export async function playCredits(stage: Stage, year: Year): Promise<Credits> {
  const papers = createPapers(stage.api);
  const played = await playSinks(stage, papers);
  return { played, paid: await playMoney(stage, papers, year, played) };
}

function playSinks({ screen, config, api, ledger, cast }: Stage, papers: Papers): Promise<Played[]> {
  return stepOver(
    screen,
    ["碳汇", "Sinks"],
    sinks.length * SINK_STEPS,
    async (progress) => {
      let done = 0;
      const common = { api, ledger, cast, papers, registry: registrySigner(), admin: () => adminSigner(config) };
      const played: Played[] = [];
      for (const sink of sinks) played.push(await playSink({ ...common, progress: () => progress(++done) }, sink));
      return played;
    },
    (played) => {
      const issued = played.reduce((sum, { report }) => sum + BigInt(report.issuedKg), 0n);
      const retired = played.reduce((sum, { retirement }) => sum + BigInt(retirement.kg), 0n);
      return `${count(issued)} kg issued, ${count(retired)} kg retired`;
    },
  );
}

function playMoney(
  { screen, api, cast }: Stage,
  papers: Papers,
  year: Year,
  played: readonly Played[],
): Promise<Paid[]> {
  const claimedGrams = year.book.losses.get(lossKinds.claimed) ?? 0;
  const [dachen] = played as [Played, ...Played[]];
  const lots = year.claimed.map(({ id }) => id);
  const funds = [premium(lots, claimedGrams), sale(dachen.project, DACHEN_SALE_FEN, dachen.sink.buyer)];
  return stepOver(
    screen,
    ["资金", "Money"],
    funds.length * FUND_STEPS,
    async (progress) => {
      let done = 0;
      const paid: Paid[] = [];
      for (const fund of funds) {
        paid.push({ fund, pool: await playFund({ api, cast, papers, progress: () => progress(++done) }, fund) });
      }
      return paid;
    },
    (paid) => `${yuan(paid.reduce((sum, { pool }) => sum + BigInt(pool.paidFen), 0n))} paid`,
  );
}
