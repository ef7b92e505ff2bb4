/** What was retired and claimed: the fields by their names, the bytes of them all, and the hash of these. */
import { addressWord, keccak, toBytes, toHex, uintWord } from "../../server/chain/eip712.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { Fault } from "./faults.ts";

type Proved = Certificate["proved"];
interface Word {
  field: string;
  bytes: Uint8Array;
}

const NAMED = 11;

/** `abi.encode` by hand, each word with the field that it is of. */
function wordsOf(retirement: Proved["retirement"]): Word[] {
  const { blocks } = retirement;
  const at = (field: string, value: number | string): Word => ({
    field: `proved.retirement.${field}`,
    bytes: uintWord(BigInt(value)),
  });
  const offset = (words: number): Word => at("blocks", words * 32);
  return [
    at("id", retirement.id),
    { ...at("holder", 0), bytes: addressWord(retirement.holder) },
    at("beneficiary", retirement.beneficiary),
    ...(["purpose", "fromMonth", "toMonth", "country"] as const).map((field) => at(field, retirement[field])),
    at("document", retirement.document),
    offset(NAMED),
    offset(NAMED + 1 + blocks.length),
    at("time", retirement.time),
    at("blocks", blocks.length),
    ...blocks.map(({ id }, i) => at(`blocks[${i}].id`, id)),
    at("blocks", blocks.length),
    ...blocks.map(({ kg }, i) => at(`blocks[${i}].kg`, kg)),
  ];
}

/** The field that the named ones and the bytes do not agree on. */
function disagreement(words: readonly Word[], encoded: string): Word | undefined {
  if (encoded.length !== 2 + words.length * 64) return words.find(({ field }) => field.endsWith("blocks"));
  return words.find(({ bytes }, i) => toHex(bytes).slice(2) !== encoded.slice(2 + i * 64, 66 + i * 64));
}

/**
 * Holds fields, bytes and record against one another. Of three that say the same, one that was changed stands alone, so
 * that it can be named.
 * @throws Fault
 */
export function checkClaim({ retirement, encoded, record }: Proved): void {
  const words = wordsOf(retirement);
  const different = disagreement(words, encoded);
  const recordOf = (bytes: Uint8Array): string => toHex(keccak(bytes));
  const [named, given] = [recordOf(Buffer.concat(words.map(({ bytes }) => bytes))), recordOf(toBytes(encoded))];
  if (given === record && different === undefined) return;
  if (given === record) {
    throw new Fault(different!.field, "与记录不符", "does not fit the record");
  }
  if (named === given)
    throw new Fault("proved.record", `各字段的哈希为 ${given}`, `is not the hash of the fields, ${given}`);
  if (named === record)
    throw new Fault("proved.encoded", "与各字段及记录不符", "does not fit the fields and the record");
  throw new Fault(different!.field, "与记录及编码不符", "does not fit the record, and nor do the encoded fields");
}
