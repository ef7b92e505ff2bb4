/** Who takes part in the storage point's year and in the first sinks: what each is, which keys sign for it, under which licences. */
import { lists, terms } from "../../../server/access/vocabulary.ts";

/** Seconds since 1970 of midnight, 1 January 2024, in China. */
export const YEAR_BEGINS = Date.UTC(2023, 11, 31, 16) / 1000;
export const HOUR = 3_600;
export const DAY = 24 * HOUR;
/** The date that no key or licence outlives. */
export const NO_END = 2 ** 40 - 1;

export const REGULARS = 20;
/** In the whole year; a share of it has a share of them. */
const OCCASIONALS = 300;

/** Kinds of accounts, one bit each. */
export const PERSON = 1;
export const ORGANISATION = 2;
export const FACILITY = 4;
export const VESSEL = 8;
export const VERIFIER = 16;
export const BANK = 32;

export const FARMERS = 6;
export const VERIFIERS = 3;

export type Collector = `regular/${number}` | `occasional/${number}`;
export type Place = "point" | "boat" | "barge" | "sorter" | "truck" | "works" | "van" | "brand" | "treatment";
/** Of Ocean Cloud Warehouse (`harbours.ts`). */
export type Harbour = `harbour/${number}`;
export type Vessel = `vessel/${number}`;
export type WastePlace = "tanker" | "disposal";
export type Farmer = `farmer/${number}`;
export type Verifier = `verifier/${number}`;
/** Those who only sign transactions. */
export type Office =
  | "dachen/0"
  | "ziyang/0"
  | "institute/0"
  | "survey/0"
  | "issuer/0"
  | "allocator/0"
  | "bank/0"
  | "buyer/0"
  | "buyer/1"
  | Farmer
  | Verifier;
/** Those who take part in deposits, retirements and works besides (`offices.ts`). */
export type FurtherOffice =
  "cove/0" | "deposit/0" | "court/0" | "organiser/0" | `watershed/${number}` | `body/${number}`;
export type Who = Collector | Place | WastePlace | Harbour | Vessel | Office | FurtherOffice;

/** A key that is bound to an account. */
export interface Device {
  /** what it is derived from */
  words: string;
  curve: "secp256k1" | "P-256";
  from: number;
  /** brought forward to this when the key is lost */
  until: number;
}

export interface Permit {
  kind: number;
  capacityGrams: number;
}

export interface Person {
  who: Who;
  kinds: number;
  /** a key's own address, or an account without a key of its own */
  account: "key" | "derived";
  /** bound to the account; none: its own key signs */
  devices: Device[];
  permits: Permit[];
}

/** What everybody is called. The works and the brand stand for no real ones. */
export const names: Record<Place | "collectors", { zh: string; en: string }> = {
  collectors: { zh: "收集人", en: "Collectors" },
  point: { zh: "小蓝之家·大陈", en: "Xiaolan Home, Dachen" },
  boat: { zh: "运输船·大陈号", en: "Boat Dachen" },
  barge: { zh: "驳船·椒江号", en: "Barge Jiaojiang" },
  sorter: { zh: "椒江分拣中心", en: "Jiaojiang sorting" },
  truck: { zh: "货运车队", en: "Truck" },
  works: { zh: "再生造粒厂", en: "Regranulation works" },
  van: { zh: "配送车", en: "Delivery van" },
  brand: { zh: "品牌商", en: "Brand" },
  treatment: { zh: "含油污水处理厂", en: "Oily water treatment" },
};

/** What those are called who sign transactions. But for the projects they stand for no real ones. */
export const officeNames: Record<Exclude<Office, Farmer | Verifier>, { zh: string; en: string }> = {
  "dachen/0": { zh: "大陈岛贻贝养殖合作社", en: "Dachen Island mussel cooperative" },
  "ziyang/0": { zh: "梓阳小流域公司", en: "Ziyang watershed company" },
  "institute/0": { zh: "海洋监测机构", en: "Marine monitoring institute" },
  "survey/0": { zh: "水土保持监测站", en: "Soil and water monitoring station" },
  "issuer/0": { zh: "签发机构", en: "Issuing authority" },
  "allocator/0": { zh: "分配员", en: "Allocator" },
  "bank/0": { zh: "结算银行", en: "Settlement bank" },
  "buyer/0": { zh: "拍卖竞得方", en: "Buyer at the auction" },
  "buyer/1": { zh: "绿色金融公司", en: "Green finance company" },
};

export const hazardous = terms.find(({ list, term }) => list === lists.licenceKind && term === "hazardous-waste")!.code;

export const device = (words: string, curve: Device["curve"], from = YEAR_BEGINS, until = NO_END): Device => {
  return { words, curve, from, until };
};

/** Somebody whose account has a key bound to it, and none of its own. */
export const place = (who: Place | WastePlace, kinds: number, permits: Permit[] = []): Person => ({
  who,
  kinds,
  account: "derived",
  devices: [device(`${who}/0`, "secp256k1")],
  permits,
});

export const licensed = (capacityGrams: number): Permit[] => [{ kind: hazardous, capacityGrams }];

const places: Person[] = [
  {
    ...place("point", FACILITY, licensed(2_000_000)),
    // the keeper's key, and the one in the scale, which signs on one day of the week
    devices: [device("keeper/0", "secp256k1"), device("keeper/1", "P-256")],
  },
  place("boat", ORGANISATION | VESSEL, licensed(5_000_000)),
  place("barge", ORGANISATION | VESSEL, licensed(5_000_000)),
  place("sorter", FACILITY),
  place("truck", ORGANISATION),
  place("works", FACILITY),
  place("van", ORGANISATION),
  place("brand", ORGANISATION),
  place("treatment", FACILITY, licensed(50_000_000)),
];

/** Who lost the phone, and went on with another one. */
export const LOSER: Collector = `regular/${REGULARS - 1}`;
/** 12 July, at noon. */
const PHONE_LOST = YEAR_BEGINS + 193 * DAY + 12 * HOUR;

/** Every tenth collector signs with the key in a phone. */
function phonesOf(who: Collector, n: number): Device[] {
  if (n % 10 !== 9) return [];
  if (who !== LOSER) return [device(`${who}/phone`, "P-256")];
  return [
    device(`${who}/phone`, "P-256", YEAR_BEGINS, PHONE_LOST),
    device(`${who}/phone-2`, "P-256", PHONE_LOST, NO_END),
  ];
}

const collector = (role: "regular" | "occasional", n: number): Person => ({
  who: `${role}/${n}`,
  kinds: PERSON,
  account: "key",
  devices: phonesOf(`${role}/${n}`, n),
  permits: [],
});

/** Somebody whose account is a key's own address. */
export const office = (who: Office | FurtherOffice | Vessel, kinds: number): Person => ({
  who,
  kinds,
  account: "key",
  devices: [],
  permits: [],
});

const offices: Person[] = [
  ...(Object.keys(officeNames) as (keyof typeof officeNames)[]).map((who) =>
    office(who, who === "bank/0" ? ORGANISATION | BANK : ORGANISATION),
  ),
  ...Array.from({ length: FARMERS }, (_, n) => office(`farmer/${n}`, PERSON)),
  ...Array.from({ length: VERIFIERS }, (_, n) => office(`verifier/${n}`, ORGANISATION | VERIFIER)),
];

/** @param share the n-th part of the year that is played */
export const occasionalsOf = (share: number): number => Math.max(10, Math.floor(OCCASIONALS / share));

/** Everybody in that part of the point's year and in the first sinks, the storage point first. @param share one n-th of the year */
export function pointPeople(share: number): Person[] {
  return [
    ...places,
    ...offices,
    ...Array.from({ length: REGULARS }, (_, n) => collector("regular", n)),
    ...Array.from({ length: occasionalsOf(share) }, (_, n) => collector("occasional", n)),
  ];
}
