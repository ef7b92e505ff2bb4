/**
 * The governed code lists (CONTRACTS.md "Open vocabularies") with their names. The chain holds code and term hash;
 * a code never changes its meaning, so a line here may be added or its names reworded, never renumbered.
 */
import { keccakText, toHex } from "../chain/eip712.ts";
import type { Hex } from "../chain/port.ts";

export const lists = { lotClass: 1, licenceKind: 6 } as const;

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
  { code: lotClass(1, 1), term: "oily-water", en: "Oily water from ships", zh: "船舶含油污水" },
];

const licenceKinds: Named[] = [
  { code: 1, term: "hazardous-waste", en: "Hazardous waste licence", zh: "危险废物经营许可" },
];

export const terms: readonly Term[] = [
  ...lotClasses.map((term) => ({ list: lists.lotClass, ...term })),
  ...licenceKinds.map((term) => ({ list: lists.licenceKind, ...term })),
];

/** What stands on chain for a term: keccak256 of its canonical word. */
export const termHash = (term: string): Hex => toHex(keccakText(term));

/** The names of a code, or the code itself where this build has no name for it. */
export function nameOf(list: number, code: number): Named {
  const found = terms.find((term) => term.list === list && term.code === code);
  const unnamed = String(code);
  return { code, term: found?.term ?? unnamed, en: found?.en ?? unnamed, zh: found?.zh ?? unnamed };
}
