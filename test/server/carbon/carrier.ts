import { expect } from "chai";
import { id, type Interface, type Result } from "ethers";
import fc from "fast-check";
import { roles } from "../../../server/access/roles.ts";
import { encodeStatement, statementCarrier } from "../../../server/carbon/carrier.ts";
import type { SignedVerification } from "../../../server/carbon/statements.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import { toHex } from "../../../server/chain/eip712.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createSigner, nextNonce, readReceipt, sendRaw } from "../../../server/chain/transactions.ts";
import { minedReceipt, openEmbedded, type OpenChain } from "../../support/chains.ts";
import { openLedger, person, registrationOf, type Ledger, type Person } from "../../support/ledger.ts";
import { startCarbon, type Carbon } from "../../support/mussels.ts";
import { deployWallet } from "../../support/walletAccounts.ts";
import { hostile } from "../../support/wallets.ts";

const projects = `0x${"1e".repeat(20)}` as const;

const hex = (length: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): Hex => toHex(bytes));
const anyStatement: fc.Arbitrary<SignedVerification> = fc.record({
  type: fc.constant("Verification" as const),
  act: fc.record({
    report: hex(32),
    attestedKg: fc.bigInt(0n, 2n ** 63n - 1n),
    statement: hex(32),
    verifier: hex(20),
    signedAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  }),
  signature: fc.oneof(
    // r of a key's signature is never zero
    hex(64).filter((signature) => !/^0x0{64}/.test(signature)),
    fc.integer({ min: 0, max: 1_024 }).chain((length) => hex(length).map((bytes) => `0x02${bytes.slice(2)}` as Hex)),
  ),
});

/** What the contract reads of a call: each statement with its signature, wherever that stands. */
function readCall(data: Hex): SignedVerification[] {
  const abi: Interface = interfaces.Projects;
  const [rows, proofs] = abi.decodeFunctionData("recordVerifications", data) as unknown as [Result[], Hex[]];
  return rows.map((row) => {
    const { r, vs, ...act } = row.toObject() as { r: Hex; vs: Hex; verifier: Hex; signedAt: bigint };
    const signature = BigInt(r) === 0n ? proofs[Number(vs)]! : (`${r}${vs.slice(2)}` as Hex);
    const terms = { ...act, verifier: act.verifier.toLowerCase(), signedAt: Number(act.signedAt) };
    return { type: "Verification", act: terms as unknown as SignedVerification["act"], signature };
  });
}

describe("statements as bytes", function () {
  this.timeout(30_000);
  let opened: OpenChain;
  let ledger: Ledger;
  let carbon: Carbon;
  before(async () => {
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    carbon = await startCarbon(ledger);
  });
  after(() => opened.close());

  it("given any statements of keys and wallets, when they are put into calldata, then the contract reads them as they were signed", () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 6 }), (statements) => {
        expect(readCall(statementCarrier(projects).calldata(statements.map(encodeStatement)))).to.deep.equal(
          statements,
        );
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  /** Carries statements with the gas that the carrier bounds them by. */
  async function carried(statements: SignedVerification[]): Promise<{ gasLimit: bigint; gasUsed: bigint }> {
    const { chain, deployment } = ledger;
    const carrier = statementCarrier(deployment.contracts.Projects.address);
    const bodies = statements.map(encodeStatement);
    const gasLimit = bodies.reduce((sum, body) => sum + carrier.gasOf(body), carrier.gasBase);
    const nonce = await nextNonce(chain, ledger.carrier.account);
    const call = { to: carrier.to, data: carrier.calldata(bodies), nonce, gasLimit, chainId: deployment.chainId };
    const { raw, hash } = ledger.carrier.signer.sign(call);
    await sendRaw(chain, raw);
    expect(await minedReceipt(chain, hash)).to.include({ status: "0x1" });
    const { gasUsed } = (await readReceipt(chain, hash))!;
    return { gasLimit, gasUsed };
  }

  /** Registers an account whose own key holds the role, or another that is bound to it from the first second on. */
  async function verifier(account: Hex, key = account): Promise<void> {
    await ledger.call(ledger.registry, "Parties", "register", [[registrationOf(account)]]);
    const keyId = `0x${"0".repeat(24)}${key.slice(2)}`;
    if (key !== account) await ledger.call(ledger.registry, "Parties", "bindKey", [account, keyId, 0, 2 ** 40 - 1]);
    await ledger.call(ledger.admin, "AccessManager", "grantRole", [roles.VERIFIER, key, 0]);
  }

  const signed = (of: Person, account: Hex, report: Hex): SignedVerification => {
    const { act, signature } = carbon.statement({ ...of, account }, report, 1n);
    return { type: "Verification", act, signature };
  };
  const verifications = async (report: Hex): Promise<number> => {
    const abi: Interface = interfaces.Projects;
    const request = {
      to: ledger.deployment.contracts.Projects.address,
      data: abi.encodeFunctionData("reportOf", [report]),
    };
    const answer = await opened.chain.request<Hex>("eth_call", [request, "latest"]);
    return Number((abi.decodeFunctionResult("reportOf", answer)[0] as { verifications: bigint }).verifications);
  };

  it("given the dearest statements of keys, when they are carried, then their gas stays a tenth under the bound", async () => {
    const statements: SignedVerification[] = [];
    // each of a report, a verifier and a bound key that nothing touched before
    for (let n = 0; n < 4; n++) {
      const [who, key] = [person(`dear verifier ${n}`), person(`dear key ${n}`)];
      await verifier(who.account, key.account);
      statements.push(signed(key, who.account, await carbon.report(100n, 2015 + n, 1)));
    }
    const one = await carried(statements.slice(0, 1));
    expect(Number(one.gasUsed)).to.be.below(0.9 * Number(one.gasLimit));
    const three = await carried(statements.slice(1));
    for (const { act } of statements) expect(await verifications(act.report)).to.equal(1);
    const each = (three.gasUsed - one.gasUsed) / 2n;
    const body = encodeStatement(statements[0]!);
    expect(Number(each)).to.be.below(0.9 * Number(statementCarrier(projects).gasOf(body)));
  });

  it("given wallets that burn all they get before a good statement, when they are carried together, then the good one is recorded", async () => {
    const report = await carbon.report(100n, 2020, 1);
    const deployer = createSigner(id("deployer of gluttons") as Hex);
    const burning: SignedVerification[] = [];
    for (let n = 0; n < 3; n++) {
      const wallet = await deployWallet(opened.chain, deployer, hostile["burns all gas"]);
      const { act } = signed(carbon.buyer, wallet, report);
      burning.push({ type: "Verification", act, signature: `0x02${"ff".repeat(1_024)}` });
    }
    const good = signed(carbon.verifiers[0], carbon.verifiers[0].account, report);
    const { gasLimit, gasUsed } = await carried([...burning, good]);
    expect(await verifications(report)).to.equal(1);
    expect(Number(gasUsed)).to.be.within(3 * 400_000, 0.95 * Number(gasLimit));
  });
});
