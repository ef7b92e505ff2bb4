/** The form of a certificate's file: every field there, none besides, each in its one spelling. */
import type { z } from "zod";
import { certificateForm, type Certificate } from "../../server/carbon/certificateForm.ts";
import { Fault } from "./faults.ts";

/** `proved.retirement.blocks[3].kg` */
const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

function faultOf(issue: z.core.$ZodIssue): Fault {
  if (issue.code === "unrecognized_keys") {
    return new Fault(pathOf([...issue.path, issue.keys[0]!]), "多余的字段", "is no field of a certificate");
  }
  return new Fault(pathOf(issue.path), `格式不正确：${issue.message}`, `does not have its form: ${issue.message}`);
}

/** @throws Fault with the first field that is missing, unknown or malformed */
export function readCertificate(text: string): Certificate {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Fault("", "不是 JSON", `is not JSON (${(error as Error).message})`);
  }
  const parsed = certificateForm.safeParse(read);
  if (!parsed.success) throw faultOf(parsed.error.issues[0]!);
  // no value of a certificate has a space in it: what differs is a field that stands there twice, or a number such as 1e3
  if (JSON.stringify(read) !== text.replace(/\s/g, "")) {
    throw new Fault("", "有重复的字段或数字写法不规范", "has a field twice, or a number in an unusual spelling");
  }
  return parsed.data;
}
