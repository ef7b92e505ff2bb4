/** What is recorded but flagged, in the words that people read. Bits stand in the order of `LotLedger`'s flags. */

export interface Words {
  en: string;
  zh: string;
}

/** What an auditor or an act made of a lot: bits 1, 2, 4, 8 of its flags. */
export const lotFlags = {
  contested: { en: "Two acts that both were signed contradict each other.", zh: "有两项都已签名的操作互相矛盾。" },
  quarantined: {
    en: "A yield was outside the bounds of its process; an auditor decides.",
    zh: "产出率超出该工艺的范围，等待审计方裁定。",
  },
  bailed: { en: "The lot is in other hands than its owner's.", zh: "物料由他人代管，所有权不变。" },
  review: { en: "Something about the papers should be looked at.", zh: "手续存在疑点，需要复核。" },
} as const satisfies Record<string, Words>;

/** Why an act put its lot under review: bits 1, 2, 4, 8 of its reasons. */
export const reviewReasons = {
  suspended: { en: "An account was suspended or closed.", zh: "有账户已被暂停或注销。" },
  licence: { en: "The custodian had no licence for this class at that time.", zh: "保管方当时没有该类物料的许可。" },
  clock: {
    en: "It was captured later than it was recorded: a clock is wrong.",
    zh: "采集时间晚于入账时间，时钟有误。",
  },
  lateKey: {
    en: "It was recorded more than 7 days after a key that signed it had ended.",
    zh: "签名密钥失效超过 7 天后才入账。",
  },
} as const satisfies Record<string, Words>;

/** A handoff of which more was accepted than declared; it has no bit of its own. */
export const heavierScale: Words = {
  en: "The receiver's scale showed more than was declared; the lot keeps what was declared.",
  zh: "接收方称重高于申报重量，物料仍按申报重量入账。",
};
