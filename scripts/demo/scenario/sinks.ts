/**
 * Three sinks and who has their credits. Published: tonnage, years, price and area (DESIGN.md §9). Generated from a fixed
 * seed: how the tonnage lies over the vintages, what was claimed and what each verifier attested, shares, and of
 * Xiangshan's case all but its tonnage.
 */
import { claimScopes } from "../../../server/access/vocabulary.ts";
import { apportion, draw } from "./draws.ts";
import { works } from "./offices.ts";
import { FARMERS, type FurtherOffice, type Office } from "./people.ts";

/** Whoever signs transactions. */
export type Signing = Office | FurtherOffice;

export interface Named {
  zh: string;
  en: string;
}

export interface Sink {
  key: "dachen" | "ziyang" | "xiangshan";
  name: Named;
  methodology: Named;
  /** claim scope, a code of the vocabulary */
  scope: number;
  quorum: number;
  proponent: Signing;
  measurer: Office;
  /** first and last day of the monitoring period */
  fromDay: string;
  toDay: string;
  claimedKg: number;
  /** by each verifier; the least of them is issued */
  attestedKg: number[];
  vintages: { year: number; kg: number }[];
  /** of the proceeds, in 1/10,000 */
  shares: [Signing, number][];
  buyer: Signing;
  deliveredKg: number;
  /** what is delivered stays where it is until the court says otherwise */
  deposit?: { court: Signing; case: Named };
}

/** What was issued lies over the years by weights around 100, growing by so much a year. */
function vintagesOf(key: string, kg: number, first: number, years: number, growth: number): Sink["vintages"] {
  const weights = Array.from({ length: years }, (_, i) => 90 + i * growth + draw(`vintage/${key}/${i}`, 20));
  return apportion(kg, weights).map((each, i) => ({ year: first + i, kg: each }));
}

const DACHEN_KG = 2_223_000;
const ZIYANG_KG = 193_000_000;
const XIANGSHAN_KG = 422_500;

/** So many shares, by weights from 80 to 139. */
function sharesOf(role: "farmer" | "watershed", count: number): Sink["shares"] {
  const weights = Array.from({ length: count }, (_, n) => 80 + draw(`share/${role}/${n}`, 60));
  return apportion(10_000, weights).map((bps, n): [Signing, number] => [`${role}/${n}`, bps]);
}

/** What the auction brought, in fen: all vintages, one sum. */
export const DACHEN_SALE_FEN = 10_050_000;
/** 70,000 t at 30 yuan. */
export const ZIYANG_SALE_FEN = 210_000_000;

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
    shares: sharesOf("farmer", FARMERS),
    buyer: "buyer/0",
    deliveredKg: DACHEN_KG,
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
    // the proceeds are bound to the watershed's own works
    shares: sharesOf("watershed", works.length),
    buyer: "buyer/1",
    deliveredKg: 70_000_000,
  },
  {
    key: "xiangshan",
    name: { zh: "象山海湾蓝碳", en: "Xiangshan bay, blue carbon" },
    methodology: { zh: "海藻养殖碳汇计量方法", en: "Carbon bound in farmed seaweed" },
    scope: claimScopes.judicial,
    quorum: 1,
    proponent: "cove/0",
    measurer: "institute/0",
    fromDay: "2022-01-01",
    toDay: "2023-12-31",
    claimedKg: 430_000,
    attestedKg: [XIANGSHAN_KG],
    vintages: vintagesOf("xiangshan", XIANGSHAN_KG, 2022, 2, 3),
    shares: [["cove/0", 10_000]],
    buyer: "deposit/0",
    deliveredKg: XIANGSHAN_KG,
    deposit: {
      court: "court/0",
      case: { zh: "某生态环境损害案认购蓝碳", en: "blue carbon subscribed in a case of damage to the sea" },
    },
  },
];
