import { expect } from "chai";
import { concat, id } from "ethers";
import { batchOf, receiptDigestOf, wallet, type Message, type Sign, type SignedAct } from "../../support/acts.ts";
import { collector, createCoast, hauler, plant, type Coast } from "../../support/coast.ts";
import { agreesTo, agreesWith, hostile, verbose } from "../../support/wallets.ts";

const load = await createCoast();

describe("signatures of wallets", () => {
  let coast: Coast;
  let lot: string;

  beforeEach(async () => {
    coast = await load();
    lot = await coast.lot();
  });

  /** A handoff from the point to the plant, each half signed as told. */
  const handoff = (giver?: Sign, receiver?: Sign, terms: Message = {}) =>
    coast.sign("Handoff", coast.handoff(lot, terms), giver, receiver);

  const expectRefused = (signed: SignedAct) => coast.expectSkipped(signed, "SignatureNotValid");

  const word = id("the wallet's owners have signed");
  const bytes = concat([word, id("and more")]);

  const install = async (account: string, code: string) => coast.world.helpers.setCode(account, code);

  it("given wallets that agree to act and receipt, then it is recorded; they are asked for these digests", async () => {
    const act = coast.handoff(lot, { from: hauler, seq: 1 });
    await coast.carry(handoff(undefined, undefined, { to: hauler }));
    const signed = coast.sign("Handoff", act, wallet(bytes), wallet(bytes));
    await install(hauler, agreesTo(coast.digest(signed)));
    await install(plant, agreesTo(receiptDigestOf(coast.domain, "Handoff", act, wallet(bytes)(""))));
    await coast.expectRecorded(signed);
  });

  it("given a wallet that agrees to another digest, then it is skipped", async () => {
    await install(plant, agreesTo(id("another")));
    await expectRefused(handoff(undefined, wallet(bytes)));
  });

  it("given a wallet that knows the signature, then it gets all its bytes", async () => {
    await install(plant, agreesWith(word));
    await expectRefused(handoff(undefined, wallet(id("another"))));
    await expectRefused(handoff(undefined, wallet("0x")));
    await coast.expectRecorded(handoff(undefined, wallet(bytes)));
    lot = await coast.lot();
    await install(coast.point, agreesWith(word));
    await coast.expectRecorded(coast.sign("Conclude", coast.conclude(lot), wallet(bytes)));
    await install(collector, agreesWith(word));
    await coast.expectRecorded(coast.sign("Collect", coast.collect(), wallet(bytes), wallet(bytes)));
  });

  for (const [name, code] of Object.entries(hostile)) {
    it(`given a wallet that ${name}, then it is skipped`, async () => {
      await install(plant, code);
      await expectRefused(handoff(undefined, wallet(bytes)));
      await install(coast.point, code);
      await expectRefused(coast.sign("Conclude", coast.conclude(lot), wallet(bytes)));
      await install(collector, code);
      await expectRefused(coast.sign("Collect", coast.collect(), wallet(bytes)));
    });
  }

  it("given a wallet that says yes in 393,216 bytes, then the carrier does not pay for reading them", async () => {
    await install(plant, verbose);
    const signed = handoff(undefined, wallet(bytes));
    const receipt = await (await coast.carry(signed)).wait();
    expect(coast.ledger.interface.parseLog(receipt!.logs[0]!)?.name).to.equal("HandedOver");
    expect(receipt!.gasUsed).to.be.below(550_000n);
  });

  it("given an account without code, then nobody says yes for it", async () => {
    await expectRefused(handoff(undefined, wallet(bytes)));
  });

  it("given one that burns all gas amid 99 good acts, then these land and it is skipped", async () => {
    const collects = Array.from({ length: 100 }, (_, i) => coast.sign("Collect", coast.collect({ salt: id(`${i}`) })));
    await coast.carry(...collects);
    await install(hauler, hostile["burns all gas"]);
    const acts = collects.map((collect, i) => {
      const message = coast.handoff(coast.digest(collect), { to: i === 42 ? hauler : plant });
      return coast.sign("Handoff", message, undefined, i === 42 ? wallet(bytes) : undefined);
    });
    const logs = (await (await coast.carry(...acts)).wait())!.logs.map((log) => coast.ledger.interface.parseLog(log)!);
    expect(logs.map(({ name }) => name)).to.deep.equal(acts.map((_, i) => (i === 42 ? "Skipped" : "HandedOver")));
    expect(logs[42]!.args["digest"]).to.equal(coast.digest(acts[42]!));
  });

  it("given a carrier with too little gas for a wallet, then the whole batch reverts, and no good act is lost", async () => {
    await install(plant, agreesWith(word));
    const signed = handoff(undefined, wallet(bytes));
    const { ledger } = coast;
    const [acts, proofs] = batchOf([signed]);
    for (const gasLimit of [200_000n, 400_000n, 440_000n]) {
      await expect(ledger.recordHandoffs.staticCall(acts, proofs, { gasLimit }))
        .to.be.revertedWithCustomError(ledger, "GasTooLow")
        .withArgs(415_000n, (left: bigint) => left < 415_000n);
    }
    expect(((await ledger.lots(lot)) >> 24n) & 0xffffffn).to.equal(0n);
    await coast.expectRecorded(signed);
  });
});
