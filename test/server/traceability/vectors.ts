import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { domainSeparator, toBytes, toHex } from "../../../server/chain/eip712.ts";
import { decodeLotLog, type LotEvent } from "../../../server/chain/lotEvents.ts";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createRecoveryPool } from "../../../server/chain/recovery.ts";
import { createLog } from "../../../server/log.ts";
import { digestOf, receiptDigestOf, type ActType, type SharedType } from "../../../server/traceability/acts.ts";
import { childId } from "../../../server/traceability/children.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { carry, domainOf, storedLot } from "../../support/dag.ts";
import { openLedger, registrationOf, type Ledger } from "../../support/ledger.ts";
import { makeVectors, signedStory, storyAccounts, type SignatureKind } from "../../support/vectors.ts";

interface Signatures {
  signature?: Hex;
  giverSignature?: Hex;
  receiptDigest?: Hex;
  receiverSignature?: Hex;
}

interface Vectors {
  domain: { chainId: number; verifyingContract: Hex };
  domainSeparator: Hex;
  keys: { name: string; account: Hex; p256: { keyId: Hex } }[];
  acts: ({ type: ActType; act: never; digest: Hex; lots?: Hex[] } & Record<SignatureKind, Signatures>)[];
}

const file = new URL("vectors.json", import.meta.url);
const read = async (): Promise<Vectors> => JSON.parse(await readFile(file, "utf8")) as Vectors;
const kinds: SignatureKind[] = ["secp256k1", "p256"];

describe("vectors of signed acts", function () {
  this.timeout(30_000);
  let opened: OpenChain;
  let ledger: Ledger;
  beforeEach(async () => {
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
  });
  afterEach(() => opened.close());

  it("given the fixed keys, when the vectors are made again, then they are those of the file", async () => {
    const made = `${JSON.stringify(makeVectors(domainOf(ledger)), null, 2)}\n`;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") await writeFile(file, made);
    expect(made, "if this is meant: UPDATE_SNAPSHOTS=1").to.equal(await readFile(file, "utf8"));
  });

  it("given the file, when the server hashes its acts and checks its signatures, then digests, ids and keys are the same", async () => {
    const { domain, acts, keys, ...vectors } = await read();
    const separator = domainSeparator({ chainId: domain.chainId, authority: domain.verifyingContract });
    expect(toHex(separator)).to.equal(vectors.domainSeparator);
    const pool = createRecoveryPool({ workers: 1, log: createLog("silent") });
    for (const { type, act, digest, lots, ...signed } of acts) {
      expect(toHex(digestOf(separator, type, act))).to.equal(digest);
      expect((lots ?? []).map((_, i) => childId(digest, i))).to.deep.equal(lots ?? []);
      for (const kind of kinds) {
        const { signature, giverSignature, receiptDigest, receiverSignature } = signed[kind];
        const [account, other] = signatories(act);
        const found = await pool.recover([
          { digest: toBytes(digest), signature: toBytes((signature ?? giverSignature)!) },
        ]);
        expect(found).to.deep.equal([keyOf(keys, account!, kind)]);
        if (!receiptDigest) continue;
        expect(toHex(receiptDigestOf(separator, type as SharedType, act, giverSignature!))).to.equal(receiptDigest);
        const receipt = { digest: toBytes(receiptDigest), signature: toBytes(receiverSignature!) };
        expect(await pool.recover([receipt])).to.deep.equal([keyOf(keys, other!, kind)]);
      }
    }
    await pool.close();
  });

  for (const kind of kinds) {
    it(`given the acts with ${kind} signatures, when they are recorded, then the events carry the file's digests and lots`, async () => {
      const { acts } = await read();
      await ledger.call(ledger.registry, "Parties", "register", [
        storyAccounts.map(({ account }) => registrationOf(account as Hex)),
      ]);
      for (const { account, keyId } of storyAccounts) {
        await ledger.call(ledger.registry, "Parties", "bindKey", [account, keyId, 0, 2 ** 40 - 1]);
      }
      await carry(ledger, signedStory(domainOf(ledger), kind));
      const events = await lotEvents(ledger);
      expect(events.map(({ name, args }) => [name, "digest" in args ? args.digest : args.lot])).to.deep.equal(
        acts.map(({ type, digest }) => [eventNames[type], digest]),
      );
      for (const lot of acts.flatMap(({ lots = [] }) => lots)) {
        expect((await storedLot(ledger, lot)).class, lot).to.be.above(0);
      }
    });
  }
});

const eventNames: Record<ActType, LotEvent["name"]> = {
  Collect: "Collected",
  Handoff: "HandedOver",
  Split: "LotSplit",
  Transform: "Transformed",
  Conclude: "Concluded",
  PassTitle: "TitlePassed",
};

/** Accounts in the order in which they sign. */
function signatories(act: Record<string, Hex>): (Hex | undefined)[] {
  return [act["collector"] ?? act["from"] ?? act["owner"] ?? act["operator"], act["keeper"] ?? act["to"]];
}

function keyOf(keys: Vectors["keys"], account: Hex, kind: SignatureKind): Hex {
  const found = keys.find((each) => each.account === account)!;
  return kind === "p256" ? found.p256.keyId : `0x${"0".repeat(24)}${account.slice(2)}`;
}

async function lotEvents({ chain, deployment }: Ledger): Promise<LotEvent[]> {
  const head = (await readHeader(chain, "latest"))!;
  const logs = await readLogs(chain, 0, head.number, [deployment.contracts.LotLedger.address]);
  return logs.flatMap((log) => decodeLotLog(log, head) ?? []);
}
