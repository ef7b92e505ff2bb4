/** Those who sign transactions in what came last: a case's deposit, retirements, a watershed's works. They stand for no real ones. */
import { ORGANISATION, office, type FurtherOffice, type Person } from "./people.ts";

interface Named {
  zh: string;
  en: string;
}

const BODIES = 25;

/** Public bodies in one n-th of the scenario. */
export const bodiesOf = (share: number): number => Math.ceil(BODIES / share);

export const bodyName = (n: number): Named => ({ zh: `公共机构 ${n + 1} 号`, en: `public body no. ${n + 1}` });

/** What the Ziyang watershed's proceeds are bound to. */
export const works: readonly Named[] = [
  { zh: "坡改梯工程", en: "Terraces" },
  { zh: "封禁管护", en: "Closed and tended forest" },
  { zh: "拦沙坝", en: "Check dams" },
];

export const furtherNames: Record<Exclude<FurtherOffice, `watershed/${number}` | `body/${number}`>, Named> = {
  "cove/0": { zh: "象山海湾养殖合作社", en: "Xiangshan bay cooperative" },
  "deposit/0": { zh: "象山县蓝碳账户", en: "Xiangshan county's blue carbon account" },
  "court/0": { zh: "法院", en: "Court" },
  "organiser/0": { zh: "某赛事组委会", en: "an event's organiser" },
};

/** @param share one n-th of the scenario */
export const furtherPeople = (share: number): Person[] =>
  [
    ...(Object.keys(furtherNames) as FurtherOffice[]),
    ...works.map((_, n): FurtherOffice => `watershed/${n}`),
    ...Array.from({ length: bodiesOf(share) }, (_, n): FurtherOffice => `body/${n}`),
  ].map((who) => office(who, ORGANISATION));
