/** Transactions: signing our own, reading anybody's, and what the chain says became of them. */
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { SigningKey, Transaction, computeAddress } from "ethers";
import { Problem } from "../errors.ts";
import { keccak, toBytes, toHex } from "./eip712.ts";
import { RpcError, type Chain, type Hex } from "./port.ts";

/** What a transaction of ours says; everything else of it is fixed: type 2, no fees, no value. */
export interface Call {
  /** `undefined` creates a contract */
  to: Hex | undefined;
  data: Hex;
  nonce: number;
  gasLimit: bigint;
  chainId: number;
}

export interface SignedTransaction {
  /** the bytes for `eth_sendRawTransaction` */
  raw: Hex;
  hash: Hex;
}

export interface Signer {
  readonly address: Hex;
  sign(call: Call): SignedTransaction;
}

/** Signs with one secp256k1 key. The same call gives the same bytes (RFC 6979). */
export function createSigner(privateKey: Hex): Signer {
  const key = new SigningKey(privateKey);
  return {
    address: lower(computeAddress(key)),
    sign(call) {
      const unsigned = fields(call);
      const { yParity, r, s } = key.sign(toHex(keccak(type2(unsigned))));
      const raw = type2([...unsigned, integer(yParity), integer(r), integer(s)]);
      return { raw: toHex(raw), hash: toHex(keccak(raw)) };
    },
  };
}

/** The RLP items of an unsigned EIP-1559 transaction: no fees, no value, an empty access list. */
function fields({ chainId, nonce, gasLimit, to, data }: Call): Uint8Array[] {
  const none = item(new Uint8Array());
  const target = to ? item(toBytes(to)) : none;
  return [integer(chainId), integer(nonce), none, none, integer(gasLimit), target, none, item(toBytes(data)), list([])];
}

// ethers encodes RLP number by number: 40 ms for a batch of 200 acts, on the thread that serves; this takes 5.
const type2 = (items: readonly Uint8Array[]): Uint8Array => concatBytes(Uint8Array.of(2), list(items));

/** The RLP of an unsigned integer, given as a number or as hex text. */
function integer(value: number | bigint | string): Uint8Array {
  return item(bigEndian(BigInt(value)));
}

/** The shortest big-endian bytes of an unsigned integer: none for 0. */
function bigEndian(value: number | bigint): Uint8Array {
  const digits = value.toString(16);
  return digits === "0" ? new Uint8Array() : hexToBytes(digits.padStart(digits.length + (digits.length % 2), "0"));
}

const item = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 1 && bytes[0]! < 0x80 ? bytes : concatBytes(header(0x80, bytes.length), bytes);

function list(items: readonly Uint8Array[]): Uint8Array {
  const length = items.reduce((sum, { length }) => sum + length, 0);
  return concatBytes(header(0xc0, length), ...items);
}

/** RLP's length prefix: one byte up to 55, else the length of the length and the length. */
function header(offset: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(offset + length);
  const bytes = bigEndian(length);
  return concatBytes(Uint8Array.of(offset + 55 + bytes.length), bytes);
}

/** A signed transaction of anybody, read from its bytes. */
export interface DecodedTransaction {
  hash: Hex;
  raw: Hex;
  /** 0 legacy, 1 with access list, 2 EIP-1559 */
  type: number;
  /** recovered from the signature */
  from: Hex;
  /** `undefined` creates a contract */
  to: Hex | undefined;
  nonce: number;
  /** 0 for a legacy transaction that any chain would take */
  chainId: number;
  gasLimit: bigint;
  data: Hex;
  /** wei */
  value: bigint;
  /** the most wei a unit of gas it offers */
  feePerGas: bigint;
}

/**
 * Reads a signed transaction from its bytes.
 * @throws Problem `transaction-malformed` for anything else: other bytes, another type, no signature, a high s, bytes
 * that are not the one encoding of what they say (the hash, and so the request's key, would not be unique)
 */
export function decodeTransaction(raw: Hex | Uint8Array): DecodedTransaction {
  const text = typeof raw === "string" ? lower(raw) : toHex(raw);
  try {
    return read(text);
  } catch (error) {
    // ethers puts the offending bytes after this first part
    const why = error instanceof Error ? error.message.split(" (")[0] : String(error);
    throw new Problem("transaction-malformed", `the bytes are not a transaction: ${why}`);
  }
}

function read(text: Hex): DecodedTransaction {
  const transaction = Transaction.from(text);
  const { type, from, hash } = transaction;
  if (type === null || type > 2) throw new Error(`type ${type} is not carried here; use an EIP-1559 transaction`);
  if (from === null || hash === null) throw new Error("it is not signed");
  if (transaction.serialized !== text) throw new Error("they are not the canonical encoding of the transaction");
  return {
    hash: lower(hash),
    raw: text,
    type,
    from: lower(from),
    to: transaction.to === null ? undefined : lower(transaction.to),
    nonce: transaction.nonce,
    chainId: Number(transaction.chainId),
    gasLimit: transaction.gasLimit,
    data: lower(transaction.data),
    value: transaction.value,
    feePerGas: transaction.maxFeePerGas ?? transaction.gasPrice ?? 0n,
  };
}

const lower = (text: string): Hex => text.toLowerCase() as Hex;

/** How many transactions of this address stand in blocks: the nonce of its next one. */
export async function nextNonce(chain: Chain, address: Hex): Promise<number> {
  return Number(await chain.request<Hex>("eth_getTransactionCount", [address, "latest"]));
}

export interface Receipt {
  /** reverted: it stands in a block, spent its nonce, and changed nothing else */
  status: "ok" | "reverted";
  block: number;
  blockHash: Hex;
  gasUsed: bigint;
}

/** What became of a transaction; `undefined` while it stands in no block. */
export async function readReceipt(chain: Chain, hash: Hex): Promise<Receipt | undefined> {
  const found = await chain.request<{ status: Hex; blockNumber: Hex; blockHash: Hex; gasUsed: Hex } | null>(
    "eth_getTransactionReceipt",
    [hash],
  );
  if (!found) return undefined;
  return {
    status: Number(found.status) === 1 ? "ok" : "reverted",
    block: Number(found.blockNumber),
    blockHash: found.blockHash,
    gasUsed: BigInt(found.gasUsed),
  };
}

/** Hands signed bytes to the chain. @throws RpcError where it does not take them */
export async function sendRaw(chain: Chain, raw: Hex | Uint8Array): Promise<void> {
  const text = typeof raw === "string" ? raw : toHex(raw);
  await chain.request("eth_sendRawTransaction", [text]);
}

/**
 * What nodes say of bytes they have or had: geth and Reth "already known", "nonce too low"; Besu and Hardhat "Known
 * transaction"; Nethermind "AlreadyKnown", "OldNonce"; OpenEthereum's heirs "already imported".
 */
const knownWords = /already ?known|known transaction|already (been )?imported|nonce (is )?too low|old ?nonce/i;

/** Whether a refusal to take a transaction means "look for its receipt": the bytes, or their nonce, were seen before. */
export function isKnownTransaction(error: unknown): boolean {
  return error instanceof RpcError && knownWords.test(error.message);
}
