/** What the embedded chain takes: signed EIP-1559 transactions for this chain that move and cost nothing. */
import { keccak, toHex } from "./eip712.ts";
import { RpcError, type Hex } from "./port.ts";
import { nativeRecover, plainRecover, recoverSigner } from "./recover.ts";

/** EIP-7825: no transaction may ask for more. */
export const transactionGasCap = 16_777_216;

/** JSON-RPC codes as nodes use them. */
export const codes = { refused: -32000, internal: -32603, invalidParams: -32602, methodNotFound: -32601 } as const;

export interface SignedTransaction {
  raw: Hex;
  sender: Hex;
  nonce: number;
  gas: number;
}

/** Where an RLP item's content lies in the bytes. */
interface Item {
  content: number;
  end: number;
}

const recover = nativeRecover() ?? plainRecover;
const nobody = toHex(new Uint8Array(20));
const eip1559 = 2;
const fieldsSent = 12;

const refused = (message: string): RpcError => new RpcError(codes.refused, message);
const malformed = (): RpcError =>
  new RpcError(
    codes.invalidParams,
    "These bytes are not a signed EIP-1559 transaction (type 2), the only kind this chain takes.",
  );

const noSignature = (): RpcError => refused("invalid signature: no key made it for these bytes");

/** The RLP item at `at`. Only as strict as reading needs; EDR's pool, which sees the same bytes next, is canonical. */
function itemAt(bytes: Buffer, at: number): Item {
  const first = bytes[at];
  if (first === undefined) throw malformed();
  if (first < 0x80) return { content: at, end: at + 1 };
  const short = (first - 0x80) % 0x40;
  const lengthBytes = Math.max(0, short - 55);
  const content = at + 1 + lengthBytes;
  if (lengthBytes > 4 || content > bytes.length) throw malformed();
  const end = content + (lengthBytes === 0 ? short : bytes.readUIntBE(at + 1, lengthBytes));
  if (end > bytes.length) throw malformed();
  return { content, end };
}

function listItems(bytes: Buffer, list: Item): Item[] {
  const items: Item[] = [];
  for (let at = list.content; at < list.end;) {
    const item = itemAt(bytes, at);
    items.push(item);
    at = item.end;
  }
  return items;
}

function listHead(length: number): Buffer {
  if (length < 56) return Buffer.from([0xc0 + length]);
  const hex = length.toString(16);
  const size = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0xf7 + size.length]), size]);
}

/** The fields of a signed EIP-1559 transaction, by their number in the EIP. */
interface Fields {
  text(field: number): string;
  scalar(field: number): bigint;
  /** the RLP of the fields that are signed */
  signed: Buffer;
}

const field = {
  chainId: 0,
  nonce: 1,
  tip: 2,
  fee: 3,
  gas: 4,
  value: 6,
  accessList: 8,
  parity: 9,
  r: 10,
  s: 11,
} as const;

function readFields(raw: Hex): Fields {
  if (raw.length % 2 === 1 || !/^0x02[0-9a-f]+$/.test(raw)) throw malformed();
  const bytes = Buffer.from(raw.slice(2), "hex");
  const list = itemAt(bytes, 1);
  const items = (bytes[1] ?? 0) >= 0xc0 ? listItems(bytes, list) : [];
  const lastSigned = items[field.accessList];
  if (list.end !== bytes.length || items.length !== fieldsSent || lastSigned === undefined) throw malformed();
  const text = (at: number): string => {
    const found = bytes.toString("hex", items[at]?.content, items[at]?.end);
    if (found.length > 64) throw malformed();
    return found;
  };
  return { text, scalar: (at) => BigInt(`0x0${text(at)}`), signed: bytes.subarray(list.content, lastSigned.end) };
}

/** Recovers from the bytes as they were sent: to encode a batch of acts again takes ten times as long. */
function recoverSender({ text, scalar, signed }: Fields): Hex {
  const digest = keccak(Buffer.concat([Buffer.from([eip1559]), listHead(signed.length), signed]));
  const rvs = Buffer.from(text(field.r).padStart(64, "0") + text(field.s).padStart(64, "0"), "hex");
  const parity = scalar(field.parity);
  const top = rvs[32] ?? 0;
  if (parity > 1n || top > 0x7f) throw noSignature();
  rvs[32] = top | (Number(parity) << 7);
  const sender = toHex(recoverSigner(recover, digest, rvs));
  if (sender === nobody) throw noSignature();
  return sender;
}

/**
 * Reads a raw transaction (lower-case hex) and checks all that needs no state: form, chain id, value, fee, gas cap, signature.
 * @throws RpcError that says what to sign instead
 */
export function readTransaction(raw: Hex, chainId: number): SignedTransaction {
  const fields = readFields(raw);
  const of = (name: keyof typeof field): bigint => fields.scalar(field[name]);
  if (of("chainId") !== BigInt(chainId)) {
    throw refused(`invalid chain id: this chain is ${chainId}, the transaction is for ${of("chainId")}`);
  }
  if (of("value") !== 0n) {
    throw refused(`insufficient funds: nobody holds ether on this chain; value must be 0, not ${of("value")} wei`);
  }
  if (of("fee") !== 0n || of("tip") !== 0n) {
    throw refused("insufficient funds: gas is free on this chain; maxFeePerGas and maxPriorityFeePerGas must be 0");
  }
  if (of("gas") > BigInt(transactionGasCap)) {
    throw refused(`gas limit too high: ${of("gas")}, the most is ${transactionGasCap} (EIP-7825)`);
  }
  if (of("nonce") > BigInt(Number.MAX_SAFE_INTEGER)) throw refused(`nonce too high: tx nonce ${of("nonce")}`);
  const sender = recoverSender(fields);
  return { raw, sender, nonce: Number(of("nonce")), gas: Number(of("gas")) };
}
