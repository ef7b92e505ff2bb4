/**
 * Two sinks and who bought from them. Published: tonnage, years, price and area (DESIGN.md §9). Generated from a fixed
 * seed: how the tonnage lies over the vintages, what was claimed and what each verifier attested, the farmers' shares, what
 * the buyers retire and for whom.
 */
import { claimScopes, purposeCodes } from "../../../server/access/vocabulary.ts";
import { apportion, draw } from "./draws.ts";
import { FARMERS, type Office } from "./people.ts";

export interface Named {
  zh: string;
  en: string;
}

export interface Sink {
  key: "dachen" | "ziyang";
  name: Named;
  methodology: Named;
  /** claim scope, a code of the vocabulary */
  scope: number;
  quorum: number;
  proponent: Office;
  measurer: Office;
  /** first and last day of the monitoring period */
  fromDay: string;
  toDay: string;
  claimedKg: number;
  /** by each verifier; the least of them is issued */
  attestedKg: number[];
  vintages: { year: number; kg: number }[];
  /** of the proceeds, in 1/10,000 */
  shares: [Office, number][];
  buyer: Office;
  deliveredKg: number;
  /** by the buyer, on somebody's behalf */
  retired: { kg: number; purpose: number; beneficiary: Named; fromMonth: string; toMonth: string };
}

/** What was issued lies over the years by weights around 100, growing by so much a year. */
function vintagesOf(key: string, kg: number, first: number, years: number, growth: number): Sink["vintages"] {
  const weights = Array.from({ length: years }, (_, i) => 90 + i * growth + draw(`vintage/${key}/${i}`, 20));
  return apportion(kg, weights).map((each, i) => ({ year: first + i, kg: each }));
}

const DACHEN_KG = 2_223_000;
const ZIYANG_KG = 193_000_000;

const farmerShares = (): Sink["shares"] => {
  const weights = Array.from({ length: FARMERS }, (_, n) => 80 + draw(`share/farmer/${n}`, 60));
  return apportion(10_000, weights).map((bps, n): [Office, number] => [`farmer/${n}`, bps]);
};

/** What the auction brought, in fen: all vintages, one sum. */
export const DACHEN_SALE_FEN = 10_050_000;

export const sinks: readonly Sink[] = [
  {
    key: "dachen",
    name: { zh: "大陈岛贻贝碳汇", en: "Dachen Island mussels" },
    methodology: { zh: "贻贝养殖碳汇计量方法", en: "Carbon bound in farmed mussels: shell and tissue" },
    // whether mussels bind or release CO2 is contested
    scope: claimScopes.contestedScience,
    quorum: 3,
    proponent: "dachen/0",
    measurer: "institute/0",
    fromDay: "2015-01-01",
    toDay: "2022-12-31",
    claimedKg: 2_260_000,
    attestedKg: [2_241_500, DACHEN_KG, 2_230_000],
    vintages: vintagesOf("dachen", DACHEN_KG, 2015, 8, 1),
    shares: farmerShares(),
    buyer: "buyer/0",
    deliveredKg: DACHEN_KG,
    retired: {
      kg: 223_000,
      purpose: purposeCodes.contribution,
      beneficiary: { zh: "某水产企业", en: "a seafood company" },
      fromMonth: "2023-01",
      toMonth: "2023-12",
    },
  },
  {
    key: "ziyang",
    name: { zh: "梓阳小流域水土保持碳汇", en: "Ziyang watershed, soil and water conservation" },
    methodology: { zh: "水土保持碳汇计量方法", en: "Carbon bound by soil and water conservation" },
    scope: claimScopes.localVoluntary,
    quorum: 2,
    proponent: "ziyang/0",
    measurer: "survey/0",
    fromDay: "2002-01-01",
    toDay: "2023-12-31",
    claimedKg: 198_000_000,
    attestedKg: [195_400_000, ZIYANG_KG],
    vintages: vintagesOf("ziyang", ZIYANG_KG, 2002, 22, 4),
    shares: [["ziyang/0", 10_000]],
    buyer: "buyer/1",
    deliveredKg: 70_000_000,
    retired: {
      kg: 5_000_000,
      purpose: purposeCodes.publicBody,
      beneficiary: { zh: "某县级公共机构", en: "a county's public bodies" },
      fromMonth: "2024-01",
      toMonth: "2024-12",
    },
  },
];
