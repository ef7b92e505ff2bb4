/** What people are given to sign: calls of the token and of pools, tried on the chain as it stands. */
import { prepareCall, type Call, type Unsigned } from "../chain/calls.ts";
import { toBytes, toHex, uintWord } from "../chain/eip712.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { ProfitContracts } from "./projections.ts";
import type { Chunk, SumTree, Top } from "./sumTree.ts";

export interface CallDeps {
  chain: Chain;
  chainId: number;
  contracts: ProfitContracts;
}

export type Prepare = (from: Hex, method: string, args: readonly unknown[]) => Promise<Unsigned>;

/** Prepares calls of one contract. @throws Problem `would-revert`, `not-ready` */
function preparer({ chain, chainId }: CallDeps, contract: Call["contract"], address: Hex): Prepare {
  return (from, method, args) => prepareCall(chain, chainId, from, { contract, address, method, args });
}

export const tokenCalls = (deps: CallDeps): Prepare => preparer(deps, "SettlementToken", deps.contracts.token);
export const poolCalls = (deps: CallDeps): Prepare => preparer(deps, "PremiumPools", deps.contracts.pools);

/** abi.encode of the top node's two children; of a single chunk its leaves. */
function topBytes(top: Top): Hex {
  if ("leaves" in top) return toHex(top.leaves);
  const words = [top.left, top.right].flatMap(({ hash, sumFen }) => [toBytes(hash), uintWord(sumFen)]);
  return toHex(Buffer.concat(words));
}

/** Arguments of `publishRoot`. */
export const publishArgs = ({ pool, leafCount, top }: SumTree, inputs: Hex): unknown[] => [
  pool,
  leafCount,
  inputs,
  topBytes(top),
];

/** Arguments of `payChunk`. */
export const payArgs = (pool: bigint, { index, leaves, siblings }: Chunk): unknown[] => [
  pool,
  index,
  toHex(leaves),
  siblings.map(({ hash, sumFen }) => [hash, sumFen]),
];
