import { expect } from "chai";
import { ZeroHash } from "ethers";
import { p256, secp, type Message, type Sign } from "../../support/acts.ts";
import {
  captured,
  createCoast,
  forever,
  keyId,
  plant,
  plantKey,
  strangerKey,
  stranger,
  type Coast,
} from "../../support/coast.ts";

const load = await createCoast();

describe("keys over the life of a lot", () => {
  let coast: Coast;
  let lot: string;

  const phone = p256("the plant's phone");
  const newPhone = p256("the plant's new phone");
  const own = secp(plantKey);

  beforeEach(async () => {
    coast = await load();
    lot = await coast.lot();
    await coast.registry.bindKey(plant, phone.keyId, 0, forever);
  });

  const arrival = (receiver: Sign, terms: Message = {}) =>
    coast.sign("Handoff", coast.handoff(lot, terms), undefined, receiver);

  const departure = (giver: Sign, terms: Message = {}) =>
    coast.sign("Handoff", coast.handoff(lot, { from: plant, to: coast.point, seq: 1, ...terms }), giver);

  async function expectRecorded(signed: ReturnType<typeof arrival>): Promise<void> {
    const logs = (await (await coast.carry(signed)).wait())?.logs.map(
      (log) => coast.ledger.interface.parseLog(log)?.name,
    );
    expect(logs).to.deep.equal(["HandedOver"]);
  }

  it("given a key that was closed after the capture, when the act arrives, then it is recorded", async () => {
    await coast.registry.closeKey(phone.keyId, captured + 1);
    await expectRecorded(arrival(phone.sign));
  });

  it("given a key that was closed before the capture, when the act arrives, then it is skipped", async () => {
    await coast.registry.closeKey(phone.keyId, captured);
    const args = [plant, phone.keyId, 0, captured, captured];
    await coast.expectSkipped(arrival(phone.sign), "KeyNotValid", args);
  });

  it("given a new key beside the old one, then either signs", async () => {
    await coast.registry.bindKey(plant, newPhone.keyId, captured, forever);
    await expectRecorded(arrival(newPhone.sign));
    await expectRecorded(departure(phone.sign));
  });

  it("given a new key, when it signs an act from before its time, then it is skipped", async () => {
    await coast.registry.bindKey(plant, newPhone.keyId, captured + 1, forever);
    const args = [plant, newPhone.keyId, captured + 1, forever, captured];
    await coast.expectSkipped(arrival(newPhone.sign), "KeyNotValid", args);
    await expectRecorded(arrival(newPhone.sign, { capturedAt: captured + 1 }));
  });

  it("given a lot held by an account whose key is lost, when a new key signs, then the lot goes on", async () => {
    await expectRecorded(arrival(phone.sign));
    await coast.registry.closeKey(phone.keyId, captured + 60);
    await coast.registry.bindKey(plant, newPhone.keyId, captured + 60, forever);
    const later = { capturedAt: captured + 120 };
    const args = [plant, phone.keyId, 0, captured + 60, captured + 120];
    await coast.expectSkipped(departure(phone.sign, later), "KeyNotValid", args);
    await expectRecorded(departure(newPhone.sign, later));
    await coast.expectLot(lot, { custodian: coast.point, grams: 1_500, seq: 2 });
  });

  it("given an own key that is dated, then it signs within its dates only", async () => {
    await coast.registry.bindKey(plant, keyId(plant), captured, captured + 60);
    expect((await coast.registry.standing(plant)) >> 255n).to.equal(1n);
    const late = { capturedAt: captured + 60 };
    await coast.expectSkipped(arrival(own, late), "KeyNotValid", [
      plant,
      keyId(plant),
      captured,
      captured + 60,
      captured + 60,
    ]);
    const early = { capturedAt: captured - 1 };
    const args = [plant, keyId(plant), captured, captured + 60, captured - 1];
    await coast.expectSkipped(arrival(own, early), "KeyNotValid", args);
    await expectRecorded(arrival(own));
  });

  it("given an own key that is dated, then a wallet's word ends with it", async () => {
    await coast.world.helpers.setCode(plant, "0x631626ba7e60e01b5f5260205ff3");
    await coast.registry.bindKey(plant, keyId(plant), 0, captured);
    const args = [plant, keyId(plant), 0, captured, captured];
    await coast.expectSkipped(
      arrival(() => "0x02"),
      "KeyNotValid",
      args,
    );
    await expectRecorded(arrival(() => "0x02", { capturedAt: captured - 1 }));
  });

  it("given a suspended account, then its keys still sign, and the act is under review", async () => {
    await coast.registry.setStatus(plant, 2, ZeroHash);
    await expectRecorded(arrival(phone.sign));
    await coast.expectLot(lot, { custodian: plant, grams: 1_500, seq: 1, flags: 8 });
  });

  it("given a key that is bound to another account, then it signs for that one alone", async () => {
    await coast.registry.bindKey(coast.point, keyId(stranger), 0, forever);
    const args = [plant, keyId(stranger)];
    await coast.expectSkipped(arrival(secp(strangerKey)), "SignatureNotValid", args);
  });
});
