/** Contracts that are asked for their signature (ERC-1271), honest and hostile, as runtime code. */

const magic = "1626ba7e";

/** Answers as it must to one digest, and with zero to any other. */
export const agreesTo = (digest: string): string =>
  // calldataload(4) == digest, times the answer, as one word
  `0x6004357f${digest.slice(2)}1463${magic}60e01b025f5260205ff3`;

/** Answers so to every digest, if the signature begins with this word. */
export const agreesWith = (word: string): string => `0x6064357f${word.slice(2)}1463${magic}60e01b025f5260205ff3`;

export const hostile = {
  "answers with another word": `0x60015f5260205ff3`,
  "answers with the right bytes at the wrong end": `0x63${magic}5f5260205ff3`,
  "answers with a bit too many": `0x63${magic}60e01b6001175f5260205ff3`,
  "answers with four bytes only": `0x63${magic}60e01b5f5260045ff3`,
  "answers with nothing": "0x00",
  "reverts with the right word": `0x63${magic}60e01b5f5260205ffd`,
  "burns all gas": "0xfe",
  "never ends": "0x5b5f56",
  "returns a megabyte": `0x63${magic}60e01b5f52621000005ff3`,
} as const;

/** As large an answer as its gas allows, the right word first. */
export const verbose = `0x63${magic}60e01b5f52620600005ff3`;
