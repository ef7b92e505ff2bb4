/** What looks print: facts in two columns, dates by the clocks in China, and the names of what the API tells by a word. */
import { NO_END } from "../registry/ids.ts";
import { chinaTime, count, widthOf } from "../demo/screen.ts";
import type { Words } from "./verb.ts";

export type Fact = readonly [zh: string, en: string, value: string];

/** A line a fact, its values one below the other. */
export function facts(rows: readonly Fact[]): string[] {
  const labels = rows.map(([zh, en]) => `${zh} ${en}`.trim());
  const width = Math.max(0, ...labels.map(widthOf));
  return rows.map(([, , value], i) => `${labels[i]}${" ".repeat(width - widthOf(labels[i]!))}  ${value}`);
}

/** A moment, which has its zone beside it. */
export const at = (seconds: number): string => `${chinaTime(seconds)} +08:00`;

export const period = ({ from, until }: { from: number; until: number }): string =>
  `${at(from)} → ${until === NO_END ? "无期限 no end" : at(until)}`;

/** A word of the API in both languages; itself where this build has no name for it. */
export const wordOf = (names: Readonly<Record<string, Words>>, word: string): string => {
  const found = names[word];
  return found ? `${found[0]} ${found[1]}` : word;
};

/** Kilograms of CO2e from their decimal text. */
export const kg = (text: string): string => `${count(BigInt(text))} kg CO2e`;

export const statusNames: Readonly<Record<string, Words>> = {
  active: ["有效", "active"],
  suspended: ["暂停", "suspended"],
  closed: ["已注销", "closed"],
};

export const kindNames: Readonly<Record<string, Words>> = {
  person: ["个人", "person"],
  organisation: ["机构", "organisation"],
  facility: ["设施", "facility"],
  vessel: ["船舶", "vessel"],
  verifier: ["核查方", "verifier"],
  bank: ["银行", "bank"],
  system: ["系统", "system"],
};
