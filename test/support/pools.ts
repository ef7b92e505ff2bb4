/** Fen and pools for the contracts' tests: a bank, a payer with fen, an allocator, and payees by ascending account. */
import { expect } from "chai";
import { AbiCoder, id, toBeHex, type ContractTransactionResponse } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Hex } from "../../server/chain/port.ts";
import { CHUNK_LEAVES, buildSumTree, type Chunk, type SumTree } from "../../server/profit/sumTree.ts";
import type { Leaf } from "../../server/profit/leaves.ts";
import type { PremiumPools, SettlementToken } from "../../typechain-types/index.js";
import { registrationOf } from "./collects.ts";
import { createWorld, type World } from "./contracts.ts";

export interface Money {
  world: World;
  /** the token in the bank's hands, the pools in the payer's */
  token: SettlementToken;
  pools: PremiumPools;
  bank: HardhatEthersSigner;
  payer: HardhatEthersSigner;
  allocator: HardhatEthersSigner;
  /** @returns the id of a new pool for a lot, of the payer's money */
  fund(amountFen: bigint): Promise<bigint>;
  /** Funds a pool with what its leaves add up to, and publishes their tree. */
  publish(leaves: readonly Leaf[]): Promise<SumTree>;
  republish(tree: SumTree): Promise<ContractTransactionResponse>;
  /** Pushes a chunk as it is in the tree, or with other leaves, siblings or index. */
  pay(tree: SumTree, index: number, other?: Partial<Chunk>): Promise<ContractTransactionResponse>;
}

/** What the payer has when a test begins, in fen. */
export const fortune = 10_000_000n;
export const ruleset = id("ruleset");
export const inputs = id("inputs");
export const basis = id("decision 7");
export const subject = id("lot");

/** Three chunks of payees, the last with one: a tree of depth 2 and one padding. */
export const payeeCount = 2 * CHUNK_LEAVES + 1;

/** Hardly a byte of an account is zero, as in life: it would cost less. */
const firstPayee = BigInt(`0x${"a5".repeat(18)}1111`);

/** Accounts that are registered when a test begins, ascending, in lower case; `payeeCount` of them. */
export const payee = (i: number): Hex => toBeHex(firstPayee + BigInt(i), 20).toLowerCase() as Hex;

/** 1 fen for the first payee, 2 for the second, and so on. */
export const leavesOf = (count: number): Leaf[] =>
  Array.from({ length: count }, (_, i) => ({ account: payee(i), amountFen: BigInt(i + 1) }));

/** What publishing says of a top: two children, or the one chunk. */
export const encodedTop = ({ top }: Pick<SumTree, "top">): string => {
  if ("leaves" in top) return `0x${Buffer.from(top.leaves).toString("hex")}`;
  const { left, right } = top;
  const types = ["bytes32", "uint256", "bytes32", "uint256"];
  return AbiCoder.defaultAbiCoder().encode(types, [left.hash, left.sumFen, right.hash, right.sumFen]);
};

async function prepare(world: World): Promise<Money> {
  const { bank, allocator } = world;
  const payer = world.people[0]!;
  const payees = Array.from({ length: payeeCount }, (_, i) => registrationOf(payee(i)));
  const parties = world.Parties.connect(world.registry);
  await parties.register(payees.slice(0, CHUNK_LEAVES));
  await parties.register(payees.slice(CHUNK_LEAVES));
  const token = world.SettlementToken.connect(bank);
  const pools = world.PremiumPools.connect(payer);
  await token.deposit(payer, fortune, id("the payer's deposit"));
  const money = { world, token, pools, bank, payer, allocator };
  return { ...money, ...actionsOf(money) };
}

type Hands = Pick<Money, "pools" | "allocator">;

function actionsOf({ pools, allocator }: Hands): Pick<Money, "fund" | "publish" | "republish" | "pay"> {
  const fund = async (amountFen: bigint) => {
    await pools.fund(1, [subject], 1, amountFen, ruleset);
    return (await pools.settings()).pools;
  };
  const republish = (tree: SumTree) =>
    pools.connect(allocator).publishRoot(tree.pool, tree.leafCount, inputs, encodedTop(tree));
  return {
    fund,
    republish,
    publish: async (leaves) => {
      const pool = await fund(leaves.reduce((sum, { amountFen }) => sum + amountFen, 0n));
      const tree = buildSumTree({ pool, version: 1 }, leaves);
      await republish(tree);
      return tree;
    },
    pay: (tree, place, other = {}) => {
      const { index, leaves, siblings } = { ...tree.chunk(place), ...other };
      return pools.payChunk(tree.pool, index, leaves, siblings);
    },
  };
}

/** A loader for one test file: each call gives back the contracts with the payer's fen in them. */
export async function createMoney(): Promise<() => Promise<Money>> {
  const load = await createWorld();
  const world = await load();
  const prepared = () => prepare(world);
  return () => world.helpers.loadFixture(prepared);
}

/** Expects a call to be refused with an error of these contracts and its arguments. */
export async function refuses(money: Money, call: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> {
  const thrower = money.pools.interface.getError(error) ? money.pools : money.token;
  await expect(call)
    .to.be.revertedWithCustomError(thrower, error)
    .withArgs(...args);
}
