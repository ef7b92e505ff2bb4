/**
 * Every reason for which the ledger skips an act: the error of `ILotEvents` by its name, the problem it is at intake, and
 * what it says to people. What is not refused but flagged has its words in `words.ts`.
 */
import { interfaces } from "../chain/contracts.ts";
import type { Hex } from "../chain/port.ts";
import type { ProblemCode } from "../errors.ts";

export interface Reason {
  code: ProblemCode;
  en: string;
  zh: string;
}

export const reasons = {
  LotExists: { code: "lot-exists", en: "It was recorded before.", zh: "此前已经入账。" },
  LotUnknown: { code: "lot-unknown", en: "The lot did not exist.", zh: "这批物料当时还不存在。" },
  SeqNotCurrent: {
    code: "seq-not-current",
    en: "It was made for another state of the lot: another act was recorded first.",
    zh: "它对应的是这批物料的另一个状态：另一项操作已先入账。",
  },
  LotNotOpen: { code: "lot-not-open", en: "The lot was consumed or void.", zh: "这批物料已用完或已作废。" },
  NotCustodian: { code: "not-custodian", en: "The account did not hold the lot.", zh: "该账户不是当时的保管方。" },
  NotOwner: { code: "not-owner", en: "The account did not have title to the lot.", zh: "该账户当时没有所有权。" },
  LotBailed: {
    code: "lot-bailed",
    en: "The lot was in bailment: it could only go on in bailment, or back to its owner.",
    zh: "物料处于代管状态，只能继续代管或交还所有人。",
  },
  LotBarred: {
    code: "lot-barred",
    en: "The lot was contested or quarantined: nothing of it could be claimed.",
    zh: "物料有争议或被隔离，不能用于声明。",
  },
  GramsMissing: {
    code: "grams-zero",
    en: "The act, or a part of it, had no grams.",
    zh: "操作或其中一部分的重量为零。",
  },
  GramsNotMatching: {
    code: "grams-not-matching",
    en: "Its grams were not those of its lots.",
    zh: "操作的重量与物料的重量不一致。",
  },
  PartsMissing: { code: "parts-missing", en: "It named no lots that go in or come out.", zh: "没有写明投入或产出。" },
  InputsNotAscending: {
    code: "inputs-not-ascending",
    en: "Its inputs did not ascend by lot, or one stood there twice.",
    zh: "投入未按编号升序排列，或有重复。",
  },
  AccountNotRegistered: { code: "account-unknown", en: "An account was not registered.", zh: "有账户尚未注册。" },
  SignatureNotValid: {
    code: "bad-signature",
    en: "A signature was not one of the account over this act.",
    zh: "签名与账户或操作内容不符。",
  },
  KeyNotValid: {
    code: "key-not-valid",
    en: "A key was not the account's when the act was captured.",
    zh: "操作发生时，签名密钥不属于该账户。",
  },
} as const satisfies Record<string, Reason>;

export type ReasonName = keyof typeof reasons;

const names = Object.keys(reasons) as ReasonName[];

/** By the 4-byte selector that `Skipped` tells. */
const bySelector = new Map(names.map((name) => [interfaces.LotLedger.getError(name)!.selector, name]));

/** Name and words of a reason that the ledger told; `undefined` for a selector that none of its reasons has. */
export function reasonOf(selector: string): (Reason & { name: ReasonName }) | undefined {
  const name = bySelector.get(selector);
  return name && { name, ...reasons[name] };
}

/** All reasons, in the table's order. */
export const allReasons = (): (Reason & { name: ReasonName; selector: Hex })[] =>
  [...bySelector].map(([selector, name]) => ({ name, selector: selector as Hex, ...reasons[name] }));

/** What is wrong with an act: a problem, the reason the ledger would skip it for, and the offending values. */
export interface Fault {
  code: ProblemCode;
  detail: string;
  values: Record<string, unknown>;
}

/** A fault that the ledger has a name for. */
export const faultOf = (reason: ReasonName, detail: string, values: Record<string, unknown> = {}): Fault => ({
  code: reasons[reason].code,
  detail,
  values: { reason, ...values },
});
