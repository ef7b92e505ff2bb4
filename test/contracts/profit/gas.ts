import { expect } from "chai";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { ContractFactory, id, type BaseContract, type ContractTransactionResponse } from "ethers";
import { compiled } from "../../support/compiled.ts";
import { CHUNK_LEAVES, buildSumTree } from "../../../server/profit/sumTree.ts";
import {
  createMoney,
  encodedTop,
  inputs,
  leavesOf,
  payeeCount,
  ruleset,
  subject,
  type Money,
} from "../../support/pools.ts";
import { expectSnapshot } from "../../support/snapshots.ts";

const load = await createMoney();

/** A payee who was paid before: what an epoch costs, all checks done. */
const payoutBudget = 12_000;

const yardsticks = compiled(new URL("../support/Yardsticks.sol", import.meta.url));

/** A chunk's worth of payees, with amounts of a few thousand yuan as most are: three bytes. */
const leaves = leavesOf(CHUNK_LEAVES).map(({ account }, i) => ({ account, amountFen: BigInt(200_000 + 7 * i) }));
const accounts = leaves.map(({ account }) => account);
const amounts = leaves.map(({ amountFen }) => amountFen);
const total = amounts.reduce((sum, amount) => sum + amount, 0n);

describe("gas of money", () => {
  let money: Money;
  const measured: Record<string, number> = {};

  beforeEach(async () => {
    money = await load();
    await money.token.deposit(money.payer, 100n * total, id("a larger deposit"));
  });

  const gasOf = async (call: Promise<ContractTransactionResponse>): Promise<number> =>
    Number((await (await call).wait())!.gasUsed);

  /** So many epochs, each a pool of one chunk; gas of the chunks. */
  async function epochs(count: number): Promise<number[]> {
    const costs: number[] = [];
    for (let epoch = 0; epoch < count; epoch++) {
      const tree = await money.publish(leaves);
      costs.push(await gasOf(money.pay(tree, 0)));
    }
    return costs;
  }

  async function deployYardstick(name: string, ...args: unknown[]): Promise<BaseContract> {
    const { abi, bytecode } = yardsticks[name]!;
    return new ContractFactory(abi, bytecode, money.world.admin).deploy(...args);
  }

  /** The same payees twice from a loop of transfers. */
  async function pushes(): Promise<number[]> {
    const [token, push] = [await deployYardstick("PlainToken"), await deployYardstick("PlainPush")];
    await token.getFunction("mint").send(push, 20n * total);
    const call = () => gasOf(push.getFunction("push").send(token, accounts, amounts));
    return [await call(), await call()];
  }

  /** The same payees twice, each by a proof of its own: what the mean of every sixteenth costs. */
  async function claims(): Promise<number[]> {
    const token = await deployYardstick("PlainToken");
    const costs: number[] = [];
    for (const epoch of [0n, 1n]) {
      const tree = StandardMerkleTree.of(
        leaves.map(({ account, amountFen }, i) => [i, account, amountFen + epoch]),
        ["uint256", "address", "uint256"],
      );
      const contract = await deployYardstick("LeafClaims", token, tree.root);
      await token.getFunction("mint").send(contract, 2n * total);
      const some = [...tree.entries()].filter(([i]) => i % 16 === 0);
      let sum = 0;
      for (const [i, leaf] of some) sum += await gasOf(contract.getFunction("claim").send(...leaf, tree.getProof(i)));
      costs.push(sum / some.length);
    }
    return costs;
  }

  it("given a second epoch, when a chunk of 256 is paid, then it costs at most 12,000 a payee, and far less than claims", async () => {
    const [first, second] = await epochs(2);
    const [pushedFirst, pushed] = await pushes();
    const [claimedFirst, claimed] = await claims();
    Object.assign(measured, {
      "payout a payee, first epoch": Math.round(first! / CHUNK_LEAVES),
      "payout a payee, second epoch": Math.round(second! / CHUNK_LEAVES),
      "plain push a payee, first epoch": Math.round(pushedFirst! / CHUNK_LEAVES),
      "plain push a payee, second epoch": Math.round(pushed! / CHUNK_LEAVES),
      "claim a payee, first epoch": Math.round(claimedFirst!),
      "claim a payee, second epoch": Math.round(claimed!),
    });
    expect(second! / CHUNK_LEAVES).to.be.at.most(payoutBudget);
    expect(second! / CHUNK_LEAVES).to.be.below(claimed! / 3);
  });

  it("a chunk in a tree of depth 2 costs as much within the budget", async () => {
    // everybody was paid once before
    const all = leavesOf(payeeCount).map(({ account }) => ({ account, amountFen: 200_000n }));
    for (const epoch of [1, 2]) {
      const tree = await money.publish(all);
      for (const index of [0, 1, 2]) {
        const gas = await gasOf(money.pay(tree, index));
        if (epoch === 2 && index < 2) expect(gas / CHUNK_LEAVES, String(index)).to.be.at.most(payoutBudget);
        if (epoch === 2) measured[`payout of chunk ${index} at depth 2`] = gas;
      }
    }
  });

  it("deposits, withdrawals, funds and divisions", async () => {
    const { token, pools, payer, allocator } = money;
    measured["deposit, another"] = await gasOf(token.deposit(payer, 5n, id("second deposit")));
    measured["withdraw"] = await gasOf(token.withdraw(payer, 5n, id("withdrawal")));
    measured["fund for a lot"] = await gasOf(pools.fund(1, [subject], 1, total, ruleset));
    const tree = buildSumTree({ pool: 1n, version: 1 }, leaves);
    const publishing = () => pools.connect(allocator).publishRoot(1n, 256, inputs, encodedTop(tree));
    measured["publish a single chunk of 256"] = await gasOf(publishing());
    const deep = buildSumTree({ pool: 2n, version: 1 }, leavesOf(payeeCount));
    await money.fund(deep.totalFen);
    measured["publish the top of a tree"] = await gasOf(money.republish(deep));
  });

  it("each measured call costs what it did", () => expectSnapshot("gas-profit", measured));
});
