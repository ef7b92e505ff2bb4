/**
 * The governed code lists (CONTRACTS.md "Open vocabularies") with their names. The chain holds code and term hash;
 * a code never changes its meaning, so a line here may be added or its names reworded, never renumbered.
 */
import { keccakText, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

export const lists = {
  lotClass: 1,
  process: 2,
  claimScope: 4,
  purpose: 5,
  licenceKind: 6,
  lossKind: 7,
  source: 9,
} as const;

/** A code with its names, as everything that shows a code shows it. */
export interface Named {
  code: number;
  /** the canonical word whose hash stands on chain */
  term: string;
  en: string;
  zh: string;
}

interface Term extends Named {
  list: number;
}

/** A lot's class: the licence kind its holder needs (0: none) in the upper 6 bits, the material in the lower 10. */
export const lotClass = (licenceKind: number, material: number): number => (licenceKind << 10) | material;

const lotClasses: Named[] = [
  { code: lotClass(0, 1), term: "pet-bottle", en: "PET bottles", zh: "PET 塑料瓶" },
  { code: lotClass(0, 2), term: "mixed-plastic", en: "Mixed marine plastic", zh: "混合海洋塑料" },
  { code: lotClass(0, 3), term: "fishing-net", en: "Fishing nets", zh: "废旧渔网" },
  { code: lotClass(0, 4), term: "foam", en: "Foam floats", zh: "泡沫浮球" },
  { code: lotClass(0, 5), term: "rope", en: "Ropes", zh: "缆绳" },
  { code: lotClass(0, 6), term: "metal", en: "Metal", zh: "金属" },
  { code: lotClass(0, 7), term: "sorted-pet", en: "Sorted PET", zh: "分拣后 PET" },
  { code: lotClass(0, 8), term: "sorted-plastic", en: "Sorted polyolefins", zh: "分拣后聚烯烃" },
  { code: lotClass(0, 9), term: "sorting-residue", en: "Sorting residue", zh: "分拣残渣" },
  { code: lotClass(0, 10), term: "plastic-flakes", en: "Washed plastic flakes", zh: "清洗塑料片" },
  { code: lotClass(0, 11), term: "regranulate", en: "Plastic regranulate", zh: "再生塑料颗粒" },
  { code: lotClass(0, 12), term: "processing-residue", en: "Washing and filter residue", zh: "清洗过滤残渣" },
  { code: lotClass(0, 13), term: "ship-garbage", en: "Garbage from ships", zh: "船舶生活垃圾" },
  { code: lotClass(0, 14), term: "ship-sewage", en: "Sewage from ships", zh: "船舶生活污水" },
  { code: lotClass(1, 1), term: "oily-water", en: "Oily water from ships", zh: "船舶含油污水" },
];

const licenceKinds: Named[] = [
  { code: 1, term: "hazardous-waste", en: "Hazardous waste licence", zh: "危险废物经营许可" },
];

/** What is done to lots; the yields to be expected stand in `processes.ts`. */
export const processCodes = { sorting: 1, washing: 2, regranulation: 3, consolidation: 4 } as const;

const processes: Named[] = [
  { code: processCodes.sorting, term: "sorting", en: "Sorting", zh: "分拣" },
  { code: processCodes.washing, term: "washing", en: "Washing and shredding", zh: "清洗破碎" },
  { code: processCodes.regranulation, term: "regranulation", en: "Regranulation", zh: "造粒" },
  { code: processCodes.consolidation, term: "consolidation", en: "Consolidation in one tank", zh: "并罐" },
];

/** How grams leave the ledger. `LotLedger` itself knows the first: a claim on a contested or quarantined lot is skipped. */
export const lossKinds = {
  claimed: 1,
  disposed: 2,
  dried: 3,
  spilled: 4,
  stolen: 5,
  stockTake: 6,
  variance: 7,
} as const;

const lossKindNames: Named[] = [
  { code: lossKinds.claimed, term: "claimed", en: "Claimed into a product", zh: "已用于产品声明" },
  { code: lossKinds.disposed, term: "disposed", en: "Disposed of", zh: "已处置" },
  { code: lossKinds.dried, term: "dried", en: "Lost by drying", zh: "干燥失重" },
  { code: lossKinds.spilled, term: "spilled", en: "Spilled", zh: "洒漏" },
  { code: lossKinds.stolen, term: "stolen", en: "Stolen", zh: "被盗" },
  { code: lossKinds.stockTake, term: "stock-take", en: "Missing at stock-take", zh: "盘点差额" },
  { code: lossKinds.variance, term: "variance", en: "Weighing variance", zh: "称重差异" },
];

/** What credits may be claimed for depends on what is said of them; `purposes.ts` has the table. */
export const claimScopes = { ccer: 1, localVoluntary: 2, judicial: 3, contestedScience: 4 } as const;

const claimScopeNames: Named[] = [
  { code: claimScopes.ccer, term: "ccer", en: "China certified (CCER)", zh: "国家核证自愿减排（CCER）" },
  { code: claimScopes.localVoluntary, term: "local-voluntary", en: "Local voluntary", zh: "地方自愿" },
  { code: claimScopes.judicial, term: "judicial-only", en: "Judicial only", zh: "仅限司法认购" },
  { code: claimScopes.contestedScience, term: "contested-science", en: "Contested science", zh: "科学上有争议" },
];

/** What credits are retired for. */
export const purposeCodes = {
  compliance: 1,
  ownEmissions: 2,
  judicial: 3,
  event: 4,
  publicBody: 5,
  contribution: 6,
} as const;

const purposeNames: Named[] = [
  { code: purposeCodes.compliance, term: "compliance", en: "Compliance", zh: "履约抵销" },
  { code: purposeCodes.ownEmissions, term: "own-emissions", en: "Own emissions", zh: "抵销自身排放" },
  { code: purposeCodes.judicial, term: "judicial-restoration", en: "Judicial restoration", zh: "司法生态修复" },
  { code: purposeCodes.event, term: "event", en: "Neutrality of an event", zh: "活动碳中和" },
  { code: purposeCodes.publicBody, term: "public-body", en: "A public body's emissions", zh: "公共机构碳中和" },
  {
    code: purposeCodes.contribution,
    term: "contribution",
    en: "Contribution, without a claim to neutrality",
    zh: "气候贡献（不作中和声明）",
  },
];

/** Where a pool's money comes from. */
export const sourceCodes = { premium: 1, sale: 2, subsidy: 3, judicial: 4, insurance: 5 } as const;

const sourceNames: Named[] = [
  { code: sourceCodes.premium, term: "premium", en: "A brand's premium", zh: "品牌溢价" },
  { code: sourceCodes.sale, term: "sale", en: "Sale of credits", zh: "碳汇出售" },
  { code: sourceCodes.subsidy, term: "subsidy", en: "Subsidy", zh: "补贴" },
  { code: sourceCodes.judicial, term: "judicial", en: "Judicial compensation", zh: "司法赔偿" },
  { code: sourceCodes.insurance, term: "insurance", en: "Insurance", zh: "保险赔付" },
];

export const terms: readonly Term[] = [
  ...lotClasses.map((term) => ({ list: lists.lotClass, ...term })),
  ...processes.map((term) => ({ list: lists.process, ...term })),
  ...lossKindNames.map((term) => ({ list: lists.lossKind, ...term })),
  ...licenceKinds.map((term) => ({ list: lists.licenceKind, ...term })),
  ...claimScopeNames.map((term) => ({ list: lists.claimScope, ...term })),
  ...purposeNames.map((term) => ({ list: lists.purpose, ...term })),
  ...sourceNames.map((term) => ({ list: lists.source, ...term })),
];

/** What stands on chain for a term: keccak256 of its canonical word. */
export const termHash = (term: string): Hex => toHex(keccakText(term));

/** The names of a code, or the code itself where this build has no name for it. */
export function nameOf(list: number, code: number): Named {
  const found = terms.find((term) => term.list === list && term.code === code);
  const unnamed = String(code);
  return { code, term: found?.term ?? unnamed, en: found?.en ?? unnamed, zh: found?.zh ?? unnamed };
}
