/**
 * Ocean Cloud Warehouse, Wenling: six harbours, the boats that call there, who takes the waste away and where it ends.
 * Published: 2,165 boats and six harbours. Which harbours these are, and which boat belongs where, is generated.
 */
import { draw } from "./draws.ts";
import {
  FACILITY,
  ORGANISATION,
  VESSEL,
  device,
  licensed,
  office,
  place,
  type Harbour,
  type Person,
  type Vessel,
  type WastePlace,
} from "./people.ts";

export const harbourNames: readonly { zh: string; en: string }[] = [
  { zh: "松门港", en: "Songmen" },
  { zh: "石塘港", en: "Shitang" },
  { zh: "箬山港", en: "Ruoshan" },
  { zh: "钓浜港", en: "Diaobang" },
  { zh: "龙门港", en: "Longmen" },
  { zh: "礁山港", en: "Jiaoshan" },
];

/** The hauler and the works stand for no real ones. */
export const wasteNames: Record<WastePlace, { zh: string; en: string }> = {
  tanker: { zh: "收运车队", en: "Tank truck" },
  disposal: { zh: "温岭处置中心", en: "Wenling disposal works" },
};

const VESSELS = 2_165;

/** Boats of one n-th of the year. */
export const vesselsOf = (share: number): number => Math.ceil(VESSELS / share);

/** Where a boat belongs, and calls most often. */
export const homeOf = (vessel: number): number => draw(`home/vessel/${vessel}`, harbourNames.length);

const harbour = (n: number): Person => {
  const who: Harbour = `harbour/${n}`;
  return {
    who,
    kinds: FACILITY,
    account: "derived",
    devices: [device(who, "secp256k1")],
    permits: licensed(80_000_000),
  };
};

/** Harbours, hauler, works and boats. A boat signs with its skipper's key. @param share one n-th of the year */
export const harbourPeople = (share: number): Person[] => [
  ...harbourNames.map((_, n) => harbour(n)),
  place("tanker", ORGANISATION | VESSEL, licensed(60_000_000)),
  place("disposal", FACILITY, licensed(900_000_000)),
  ...Array.from({ length: vesselsOf(share) }, (_, n) => office(`vessel/${n}` satisfies Vessel, VESSEL)),
];
