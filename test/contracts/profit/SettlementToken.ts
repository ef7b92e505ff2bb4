import { expect } from "chai";
import { ZeroAddress, ZeroHash, getAddress, id } from "ethers";
import { roles } from "../../../server/access/roles.ts";
import { alice, bob, carol, moved } from "../../support/poolBooks.ts";
import { basis, createMoney, fortune, payee, refuses, type Money } from "../../support/pools.ts";

const load = await createMoney();

const stranger = getAddress(payee(9_999));
const reference = id("bank reference 1");
/** the token's own limit: what a signed integer of a database holds */
const most = 2n ** 63n - 1n;

describe("SettlementToken", () => {
  let money: Money;
  let token: Money["token"];

  beforeEach(async () => {
    money = await load();
    ({ token } = money);
  });

  const suspend = (account: string, status = 2) =>
    money.world.Parties.connect(money.world.registry).setStatus(account, status, basis);

  it("counts in fen: two decimals, under its own symbol", async () => {
    expect([await token.decimals(), await token.symbol(), await token.name()]).to.deep.equal([
      2n,
      "FEN",
      "Tidemark Settlement",
    ]);
  });

  describe("deposit", () => {
    it("when a bank holds more for an account, then just so much is minted to it, and the reference is used", async () => {
      const call = () => token.deposit(alice, 250n, reference);
      expect(await moved(money, call)).to.deep.equal({
        by: { supply: 250n, deposited: 250n, alice: 250n },
        events: ["Transfer", "Deposited"],
      });
      expect(await token.isUsed(money.bank, reference)).to.equal(true);
      expect(await token.isUsed(money.payer, reference)).to.equal(false);
      await expect(token.deposit(alice, 250n, id("another")))
        .to.emit(token, "Deposited")
        .withArgs(money.bank, alice, 250n, id("another"));
    });

    it("given a reference that the bank has used, for a deposit or a withdrawal, then refuses", async () => {
      await token.deposit(alice, 250n, reference);
      await token.withdraw(alice, 50n, id("withdrawal"));
      for (const used of [reference, id("withdrawal")]) {
        await refuses(money, token.deposit(bob, 1n, used), "ReferenceUsed", money.bank.address, used);
        await refuses(money, token.withdraw(alice, 1n, used), "ReferenceUsed", money.bank.address, used);
      }
    });

    it("given a reference of one bank, when another bank uses it, then it is that bank's own", async () => {
      await token.deposit(alice, 250n, reference);
      await money.world.manager.grantRole(roles.BANK, money.payer, 0);
      await token.connect(money.payer).deposit(alice, 1n, reference);
      expect(await token.balanceOf(alice)).to.equal(251n);
    });

    it("when the account is zero, not registered, suspended or closed, then refuses", async () => {
      await suspend(alice);
      await suspend(bob, 3);
      for (const account of [ZeroAddress, stranger, alice, bob]) {
        await refuses(money, token.deposit(account, 1n, reference), "AccountNotActive", account);
      }
      expect(await token.isUsed(money.bank, reference)).to.equal(false);
    });

    it("when nothing is deposited, or without a reference, then refuses", async () => {
      await refuses(money, token.deposit(alice, 0n, reference), "AmountNotPossible", 0n);
      await refuses(money, token.deposit(alice, 1n, ZeroHash), "ReferenceMissing");
    });

    it("when there would be 2^63 fen or more, then refuses; 2^63 − 1 may exist", async () => {
      const room = most - fortune;
      for (const amount of [room + 1n, 2n ** 256n - 1n]) {
        await refuses(money, token.deposit(alice, amount, reference), "AmountNotPossible", amount);
      }
      await token.deposit(alice, room, reference);
      expect(await token.totalSupply()).to.equal(most);
      await refuses(money, token.deposit(alice, 1n, id("one more")), "AmountNotPossible", 1n);
    });

    it("given a bank that is suspended or no account, then refuses", async () => {
      await suspend(money.bank.address);
      await refuses(money, token.deposit(alice, 1n, reference), "AccountNotActive", money.bank.address);
      await money.world.manager.grantRole(roles.BANK, money.world.stranger, 0);
      const call = token.connect(money.world.stranger).deposit(alice, 1n, reference);
      await refuses(money, call, "ActorUnknown", money.world.stranger.address);
    });
  });

  describe("withdraw", () => {
    beforeEach(() => token.deposit(alice, 250n, reference));

    it("when a bank has paid out, then just so much is burned", async () => {
      const call = () => token.withdraw(alice, 100n, id("withdrawal"));
      expect(await moved(money, call)).to.deep.equal({
        by: { supply: -100n, withdrawn: 100n, alice: -100n },
        events: ["Transfer", "Withdrawn"],
      });
      await expect(token.withdraw(alice, 150n, id("the rest")))
        .to.emit(token, "Withdrawn")
        .withArgs(money.bank, alice, 150n, id("the rest"));
    });

    it("when it is more than the account has, then refuses, and the reference stays unused", async () => {
      await refuses(
        money,
        token.withdraw(alice, 251n, id("withdrawal")),
        "ERC20InsufficientBalance",
        alice,
        250n,
        251n,
      );
      expect(await token.isUsed(money.bank, id("withdrawal"))).to.equal(false);
    });

    it("when nothing is withdrawn, or without a reference, then refuses", async () => {
      await refuses(money, token.withdraw(alice, 0n, id("withdrawal")), "AmountNotPossible", 0n);
      await refuses(money, token.withdraw(alice, 1n, ZeroHash), "ReferenceMissing");
    });

    it("when the account is suspended, then its money stays where it is", async () => {
      await suspend(alice);
      await refuses(money, token.withdraw(alice, 1n, id("withdrawal")), "AccountNotActive", alice);
    });

    it("when it is from the pools, then refuses: what they hold is other people's", async () => {
      await money.fund(1_000n);
      const pools = await money.pools.getAddress();
      await refuses(money, token.withdraw(pools, 1n, id("withdrawal")), "AccountNotActive", pools);
    });
  });

  describe("transfer", () => {
    it("when a holder gives to a registered account, then just so much moves", async () => {
      const call = () => token.connect(money.payer).transfer(alice, 70n);
      expect(await moved(money, call)).to.deep.equal({ by: { payer: -70n, alice: 70n }, events: ["Transfer"] });
    });

    it("given a key that signs for an account, when it gives, then the account's fen move", async () => {
      const { world } = money;
      const keyId = `0x${world.stranger.address.slice(2).padStart(64, "0")}`;
      await token.deposit(alice, 250n, reference);
      await world.Parties.connect(world.registry).bindKey(alice, keyId, 0, 2 ** 40 - 1);
      const call = () => token.connect(world.stranger).transfer(bob, 20n);
      expect(await moved(money, call)).to.deep.equal({ by: { alice: -20n, bob: 20n }, events: ["Transfer"] });
    });

    it("when the receiver is zero, a stranger, suspended, or the pools, then refuses", async () => {
      await suspend(alice);
      for (const to of [ZeroAddress, stranger, alice, await money.pools.getAddress()]) {
        await refuses(money, token.connect(money.payer).transfer(to, 1n), "AccountNotActive", to);
      }
    });

    it("when the giver is suspended, no account, or has less, then refuses", async () => {
      const { payer, world } = money;
      const call = token.connect(payer).transfer(alice, fortune + 1n);
      await refuses(money, call, "ERC20InsufficientBalance", payer.address, fortune, fortune + 1n);
      await refuses(money, token.connect(world.stranger).transfer(alice, 0n), "ActorUnknown", world.stranger.address);
      await suspend(payer.address);
      await refuses(money, token.connect(payer).transfer(alice, 1n), "AccountNotActive", payer.address);
    });
  });

  describe("collect", () => {
    it("when a module collects, then just so much is in its hands; more than there is it does not get", async () => {
      const { world, payer } = money;
      await world.manager.grantRole(roles.POOLS, world.stranger, 0);
      const hand = token.connect(world.stranger);
      expect(await moved(money, () => hand.collect(payer, 30n))).to.deep.equal({
        by: { payer: -30n, stranger: 30n },
        events: ["Transfer"],
      });
      const [rest, more] = [fortune - 30n, fortune - 29n];
      await refuses(money, hand.collect(payer, more), "ERC20InsufficientBalance", payer.address, rest, more);
    });
  });

  describe("distribute", () => {
    let hand: Money["token"];

    beforeEach(async () => {
      const { world, payer } = money;
      await world.manager.grantRole(roles.POOLS, world.stranger, 0);
      hand = token.connect(world.stranger);
      await hand.collect(payer, 1_000n);
    });

    it("when some are not active, then the others are paid, and the answer's bits tell who was not", async () => {
      await suspend(bob);
      const accounts = [alice, bob, ZeroAddress, stranger, carol];
      const amounts = [10n, 20n, 30n, 40n, 50n];
      expect(await hand.distribute.staticCall(accounts, amounts)).to.equal(0b01110n);
      const { by, events } = await moved(money, () => hand.distribute(accounts, amounts));
      expect(by).to.deep.equal({ alice: 10n, carol: 50n, stranger: -60n });
      expect(events).to.deep.equal(["Transfer", "Transfer"]);
    });

    it("when 256 are paid, then all are; 257 are too many, and so is an amount without an account", async () => {
      const accounts = Array.from({ length: 257 }, (_, i) => payee(i));
      const ones = accounts.map(() => 1n);
      await refuses(money, hand.distribute(accounts, ones), "DistributionNotPossible", 257n, 257n);
      await refuses(money, hand.distribute([alice], [1n, 2n]), "DistributionNotPossible", 1n, 2n);
      await refuses(money, hand.distribute([alice, bob], [1n]), "DistributionNotPossible", 2n, 1n);
      await hand.distribute(accounts.slice(0, 256), ones.slice(0, 256));
      expect(await token.balanceOf(payee(255))).to.equal(1n);
      expect(await token.balanceOf(money.world.stranger)).to.equal(744n);
    });

    it("when it is more than the module has, then nobody is paid", async () => {
      const call = hand.distribute([alice, bob], [600n, 401n]);
      await refuses(money, call, "ERC20InsufficientBalance", money.world.stranger.address, 400n, 401n);
      expect(await token.balanceOf(alice)).to.equal(0n);
    });
  });

  describe("approvals", () => {
    it("are refused, and so is what would use them", async () => {
      const holder = token.connect(money.payer);
      await refuses(money, holder.approve(alice, 1n), "NotApprovable");
      await refuses(money, holder.approve(alice, 0n), "NotApprovable");
      await refuses(money, holder.transferFrom(money.payer, alice, 1n), "NotApprovable");
      await refuses(money, holder.transferFrom(money.payer, alice, 0n), "NotApprovable");
      expect(await token.allowance(money.payer, alice)).to.equal(0n);
    });
  });
});
