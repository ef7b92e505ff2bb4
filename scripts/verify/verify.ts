/** A certificate checked from its file alone: no network, no clock, no server. */
import type { Hex } from "../../server/chain/port.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { checkClaim } from "./claim.ts";
import { checkDescribed } from "./described.ts";
import { Fault } from "./faults.ts";
import { readCertificate } from "./form.ts";
import { checkHeader } from "./header.ts";
import { checkAccount, checkBatches, checkRecord } from "./storage.ts";

/** In the order in which they are taken. */
export const stepNames = ["form", "claim", "block", "account", "record", "batches", "words"] as const;
export type StepName = (typeof stepNames)[number];

/** What the reader has from elsewhere. */
export interface Trust {
  /** hash of the block */
  block?: Hex;
  /** address of the register */
  contract?: Hex;
}

export interface Verdict {
  /** those that hold */
  passed: StepName[];
  /** the first that does not; undefined where all hold */
  failed?: { step: StepName; field: string; zh: string; en: string };
  /** undefined where the file is none */
  certificate?: Certificate;
}

/**
 * Checks a certificate step by step, up to the first that does not hold.
 * @param text of the file
 * @returns what holds. Without `trust.block` that is only that the file agrees with itself.
 */
export async function verify(text: string, trust: Trust = {}): Promise<Verdict> {
  const passed: StepName[] = [];
  let certificate: Certificate | undefined;
  try {
    certificate = readCertificate(text);
    passed.push("form");
    checkClaim(certificate.proved);
    passed.push("claim");
    const stateRoot = checkHeader(certificate.proved.block, trust.block);
    passed.push("block");
    checkContract(certificate, trust.contract);
    const storageRoot = await checkAccount(certificate, stateRoot);
    passed.push("account");
    await checkRecord(certificate, storageRoot);
    passed.push("record");
    await checkBatches(certificate, storageRoot);
    passed.push("batches");
    checkDescribed(certificate);
    passed.push("words");
    return { passed, certificate };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const failed = { step: stepNames[passed.length]!, field: error.field, zh: error.zh, en: error.message };
    return { passed, failed, ...(certificate === undefined ? {} : { certificate }) };
  }
}

function checkContract({ proved }: Certificate, contract?: Hex): void {
  if (contract === undefined || contract === proved.contract) return;
  throw new Fault(
    "proved.contract",
    `不是所信任的合约 ${contract}`,
    `is another contract than the trusted ${contract}`,
  );
}
