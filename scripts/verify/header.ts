/** The block that a certificate is proved at. */
import { RLP } from "@ethereumjs/rlp";
import { keccak, toBytes, toHex } from "../../server/chain/eip712.ts";
import type { Hex } from "../../server/chain/port.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { Fault } from "./faults.ts";

const integer = (bytes: Uint8Array): number => (bytes.length === 0 ? 0 : Number(BigInt(toHex(bytes))));

function decode(headerRlp: Hex): Uint8Array[] {
  try {
    const fields = RLP.decode(toBytes(headerRlp));
    if (Array.isArray(fields) && fields.length >= 15 && fields.every((field) => field instanceof Uint8Array)) {
      return fields;
    }
  } catch {
    // told below
  }
  throw new Fault("proved.block.headerRlp", "不是区块头", "is no block header");
}

/**
 * Reads the state root out of the header, after it was held against the hash that the reader trusts.
 * @param trust undefined where the reader trusts none: then the header is held against the certificate's own hash only
 * @throws Fault
 */
export function checkHeader(
  { number, hash, time, headerRlp }: Certificate["proved"]["block"],
  trust?: Hex,
): Uint8Array {
  const found = toHex(keccak(toBytes(headerRlp)));
  if (found !== (trust ?? hash)) {
    if (trust !== undefined && found === hash) {
      throw new Fault("proved.block.hash", "不是所信任的区块", `is another block than the trusted ${trust}`);
    }
    throw new Fault("proved.block.headerRlp", `哈希为 ${found}`, `has the hash ${found}, not that of the block`);
  }
  if (found !== hash) {
    throw new Fault("proved.block.hash", `区块头的哈希为 ${found}`, `is not the hash of the header, ${found}`);
  }
  const fields = decode(headerRlp);
  const said = { number, time };
  for (const [name, at] of [["number", 8] as const, ["time", 11] as const]) {
    const told = integer(fields[at]!);
    if (told === said[name]) continue;
    throw new Fault(`proved.block.${name}`, `区块头中为 ${told}`, `is ${told} in the header, not ${said[name]}`);
  }
  return fields[3]!;
}
