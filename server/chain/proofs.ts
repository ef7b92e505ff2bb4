/** Storage of a contract proved at a block, for somebody who has the block's hash and nothing else (EIP-1186). */
import { RLP, type Input } from "@ethereumjs/rlp";
import { quantity } from "./blocks.ts";
import { keccak, toBytes, toHex } from "./eip712.ts";
import type { Chain, Hex } from "./port.ts";

/** A block whose header is at hand as the bytes that its hash is of. */
export interface ProvedBlock {
  number: number;
  hash: Hex;
  /** seconds since 1970 */
  time: number;
  headerRlp: Hex;
}

export interface StorageProof {
  /** 32 bytes; zero where nothing is stored */
  value: Hex;
  /** trie nodes in RLP, from the account's storage root down */
  nodes: Hex[];
}

export interface Proof {
  block: ProvedBlock;
  /** trie nodes in RLP, from the block's state root down */
  account: Hex[];
  /** one for each key, in the order of the keys */
  storage: StorageProof[];
}

/** The chain cannot prove what it says, and why. */
export class NotProvable extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "NotProvable";
  }
}

interface RpcProof {
  accountProof: Hex[];
  storageProof: { value: Hex; proof: Hex[] }[];
}

type RpcHeader = Record<string, Hex | null | undefined> & { number: Hex; hash: Hex; timestamp: Hex; extraData: Hex };

/** A header's fields in the order of its RLP; `#` marks integers. Each fork has added some at the end, the last Prague. */
const headerFields = (
  "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom #difficulty #number #gasLimit #gasUsed " +
  "#timestamp extraData mixHash nonce #baseFeePerGas withdrawalsRoot #blobGasUsed #excessBlobGas parentBeaconBlockRoot " +
  "requestsHash"
).split(" ");

/** RLP has integers as their bytes without zeros in front. */
function integer(value: Hex): Uint8Array {
  const digits = BigInt(value).toString(16);
  return value === "0x0" ? new Uint8Array() : toBytes(`0x${digits.length % 2 === 0 ? "" : "0"}${digits}`);
}

function encodeHeader(header: RpcHeader): Uint8Array {
  const values: Uint8Array[] = [];
  for (const field of headerFields) {
    const value = header[field.replace("#", "")];
    if (value === undefined || value === null) break;
    values.push(field.startsWith("#") ? integer(value) : toBytes(value));
  }
  return RLP.encode(values);
}

/** Besu hashes a QBFT header as it is before the validators sealed it: in round 0, without seals. */
function unsealed(extraData: Hex): Hex | undefined {
  try {
    const parts = RLP.decode(toBytes(extraData)) as Input[];
    return parts.length === 5 ? toHex(RLP.encode([...parts.slice(0, 3), new Uint8Array(), []])) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The bytes that a block's hash is of, from the answer of `eth_getBlockByNumber`.
 * @throws NotProvable where no form of header that is known here has that hash
 */
export function headerBytes(header: RpcHeader): Hex {
  for (const extraData of [header.extraData, unsealed(header.extraData)]) {
    if (extraData === undefined) continue;
    const bytes = encodeHeader({ ...header, extraData });
    if (toHex(keccak(bytes)) === header.hash) return toHex(bytes);
  }
  throw new NotProvable(`the header of block ${Number(header.number)}, as the chain tells it, does not have its hash`);
}

/** 32 bytes of what an RPC answers as a quantity. */
const word = (value: Hex): Hex => `0x${value.slice(2).padStart(64, "0")}`;

async function prove(
  chain: Chain,
  address: Hex,
  keys: readonly Hex[],
  at: { block: number; hash: Hex },
): Promise<Proof> {
  const number = quantity(at.block);
  const header = await chain.request<RpcHeader | null>("eth_getBlockByNumber", [number, false]);
  if (header?.hash !== at.hash) throw new NotProvable(`the chain has no block ${at.block} with the hash ${at.hash}`);
  const headerRlp = headerBytes(header);
  const { accountProof, storageProof } = await chain.request<RpcProof>("eth_getProof", [address, keys, number]);
  if (storageProof.length !== keys.length) throw new NotProvable(`the chain proves other keys than it was asked for`);
  return {
    block: { number: at.block, hash: at.hash, time: Number(header.timestamp), headerRlp },
    account: accountProof,
    storage: storageProof.map(({ value, proof }) => ({ value: word(value), nodes: proof })),
  };
}

/**
 * Proves storage of contracts, one request at a time: on the embedded chain one costs time and memory with all slots
 * that the contract has.
 */
export function createProver(chain: Chain): {
  /**
   * @param keys 32 bytes each
   * @throws NotProvable, and what `chain.request` throws
   */
  prove(address: Hex, keys: readonly Hex[], at: { block: number; hash: Hex }): Promise<Proof>;
} {
  let last: Promise<unknown> = Promise.resolve();
  return {
    prove(address, keys, at) {
      const next = last.then(() => prove(chain, address, keys, at));
      last = next.catch(() => undefined);
      return next;
    },
  };
}
