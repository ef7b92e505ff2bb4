import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { roles } from "../../../server/access/roles.ts";
import { encodeStatement, statementCarrier } from "../../../server/carbon/carrier.ts";
import { signedVerification } from "../../../server/carbon/intake.ts";
import { statementDigest, type SignedVerification } from "../../../server/carbon/statements.ts";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import { decodeProjectLog } from "../../../server/chain/carbonEvents.ts";
import { domainSeparator, toBytes, toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { nativeRecover, plainRecover, recoverSigner } from "../../../server/chain/recover.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { sendAs } from "../../../server/chain/deploy.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { domainOf } from "../../support/dag.ts";
import { openLedger, registrationOf, type Ledger } from "../../support/ledger.ts";
import { startCarbon } from "../../support/mussels.ts";
import { claimedKg, deployer, makeStatementVectors } from "../../support/statementVectors.ts";
import { deployWallet, honestWallet } from "../../support/walletAccounts.ts";

interface Vectors {
  domain: { chainId: number; verifyingContract: Hex };
  statements: { type: string; act: { verifier: Hex }; digest: Hex; signature: Hex }[];
}

const file = new URL("vectors.json", import.meta.url);
const read = async (): Promise<Vectors> => JSON.parse(await readFile(file, "utf8")) as Vectors;

/** A statement of the file as the server reads it. */
const parsed = ({ type, act, signature }: Vectors["statements"][number]): SignedVerification =>
  signedVerification.parse({ type, act, signature }) as SignedVerification;

describe("vectors of verifiers' statements", function () {
  this.timeout(30_000);
  let opened: OpenChain;
  let ledger: Ledger;
  let report: Hex;
  before(async () => {
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    report = await (await startCarbon(ledger)).report(claimedKg);
  });
  after(() => opened.close());

  it("given the fixed keys, when the vectors are made again, then they are those of the file", async () => {
    const made = `${JSON.stringify(makeStatementVectors(domainOf(ledger), report), null, 2)}\n`;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") await writeFile(file, made);
    expect(made, "if this is meant: UPDATE_SNAPSHOTS=1").to.equal(await readFile(file, "utf8"));
  });

  it("given the file, when the server hashes its statements, then digests are the same, and the key is the verifier's", async () => {
    const { domain, statements } = await read();
    const separator = domainSeparator({ chainId: domain.chainId, authority: domain.verifyingContract });
    for (const each of statements) {
      expect(toHex(statementDigest(separator, parsed(each).act))).to.equal(each.digest);
    }
    const [byKey] = statements;
    for (const recover of [nativeRecover() ?? plainRecover, plainRecover]) {
      const signer = recoverSigner(recover, toBytes(byKey!.digest), toBytes(byKey!.signature));
      expect(toHex(signer.slice(-20))).to.equal(byKey!.act.verifier);
    }
  });

  it("given the file, when its statements are carried, then the contract records both under the file's digests", async () => {
    const { chain, deployment } = ledger;
    const { statements } = await read();
    const verifiers = statements.map(({ act }) => act.verifier);
    expect(await deployWallet(chain, createSigner(deployer), honestWallet)).to.equal(verifiers[1]);
    await ledger.call(ledger.registry, "Parties", "register", [verifiers.map((account) => registrationOf(account))]);
    for (const verifier of verifiers) {
      await ledger.call(ledger.admin, "AccessManager", "grantRole", [roles.VERIFIER, verifier, 0]);
    }
    const carrier = statementCarrier(deployment.contracts.Projects.address);
    const data = carrier.calldata(statements.map((each) => encodeStatement(parsed(each))));
    await sendAs(chain, ledger.carrier.signer, deployment.chainId, carrier.to, data);
    const head = (await readHeader(chain, "latest"))!;
    const logs = await readLogs(chain, head.number, head.number, [carrier.to]);
    const events = logs.map((log) => decodeProjectLog(log, head)!);
    expect(events.map(({ name, args }) => [name, (args as { digest: Hex }).digest])).to.deep.equal(
      statements.map(({ digest }) => ["Verified", digest]),
    );
  });
});
