/**
 * Who retires credits, and for what. Published: 25 public bodies retire against their emissions, events do, and companies
 * give. How much each retires is generated from a fixed seed.
 */
import { purposeCodes } from "../../../server/access/vocabulary.ts";
import { draw } from "./draws.ts";
import { bodiesOf, bodyName, furtherNames } from "./offices.ts";
import type { Named, Signing } from "./sinks.ts";

/** Somebody's retirement, of credits that were bought for it where `seller` is another. */
export interface Retiring {
  key: string;
  who: Signing;
  seller: Signing;
  kg: number;
  purpose: number;
  beneficiary: Named;
  fromMonth: string;
  toMonth: string;
}

/** Kilograms that a public body emitted in a year: 80 to 320 t. */
const emittedBy = (n: number): number => 80_000 + draw(`emitted/${n}`, 240_000);

/** All retirements of one n-th of the scenario, sellers' own first. */
export const retirementsOf = (share: number): Retiring[] => [
  {
    key: "seafood",
    who: "buyer/0",
    seller: "buyer/0",
    kg: 223_000,
    purpose: purposeCodes.contribution,
    beneficiary: { zh: "某水产企业", en: "a seafood company" },
    fromMonth: "2023-01",
    toMonth: "2023-12",
  },
  {
    key: "event",
    who: "organiser/0",
    seller: "buyer/0",
    kg: 186_400,
    purpose: purposeCodes.event,
    beneficiary: furtherNames["organiser/0"],
    fromMonth: "2024-05",
    toMonth: "2024-05",
  },
  ...Array.from({ length: bodiesOf(share) }, (_, n): Retiring => ({
    key: `body/${n}`,
    who: `body/${n}`,
    seller: "buyer/1",
    kg: emittedBy(n),
    purpose: purposeCodes.publicBody,
    beneficiary: bodyName(n),
    fromMonth: "2024-01",
    toMonth: "2024-12",
  })),
];
