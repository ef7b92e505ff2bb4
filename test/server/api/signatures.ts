import { expect } from "chai";
import { concat, getBytes, id, sha256, toBeHex, type TypedDataDomain } from "ethers";
import { interfaces } from "../../../server/chain/contracts.ts";
import { sendAs } from "../../../server/chain/deploy.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { batchOf, digestOf, keyOf, receiptDigestOf, secp, type Message, type SignedAct } from "../../support/acts.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { PHONE_SEED, settlePeople, type Party, type People } from "../../support/handIn.ts";
import { registrationOf } from "../../support/ledger.ts";
import { p256Proof } from "../../support/vectors.ts";
import { deployWallet } from "../../support/walletAccounts.ts";
import { hostile } from "../../support/wallets.ts";

const SECP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

type Spoil = (signature: string) => string;

/** The n-th word of a signature, counted from where its words begin, changed. */
const word =
  (place: number, change: (value: bigint) => bigint): Spoil =>
  (signature) => {
    const from = 2 + place;
    const value = change(BigInt(`0x${signature.slice(from, from + 64)}`));
    return signature.slice(0, from) + toBeHex(value, 32).slice(2) + signature.slice(from + 64);
  };
const tag = 2;
const [qx, qy, r, s] = [0, 64, 128, 192].map((at) => tag + at) as [number, number, number, number];
const PARITY = 1n << 255n;
const zero = (): bigint => 0n;

const truncated: Spoil = (signature) => signature.slice(0, -2);
const doubled: Spoil = (signature) => concat([signature, signature]);
const longer: Spoil = (signature) => concat([signature, "0x00"]);

const P256_FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

/** What is wrong with a signature, and the problem that it is. */
const spoils: Record<"secp" | "p256" | "wallet", [what: string, spoil: Spoil, code: string][]> = {
  secp: [
    ["a high s", word(64, (vs) => (SECP_ORDER - (vs & ~PARITY)) | (vs & PARITY ? 0n : PARITY)), "bad-signature"],
    ["the other parity", word(64, (vs) => vs ^ PARITY), "bad-signature"],
    ["a zero r", word(0, zero), "bad-signature"],
    ["a zero s", word(64, zero), "bad-signature"],
    ["r as large as the order", word(0, () => SECP_ORDER), "bad-signature"],
    ["s as large as the order", word(64, () => SECP_ORDER & ~PARITY), "bad-signature"],
    ["another r", word(0, (value) => value ^ 1n), "bad-signature"],
    ["a byte too few", truncated, "act-malformed"],
    ["a byte too many", longer, "act-malformed"],
    ["its bytes twice", doubled, "act-malformed"],
    ["no bytes", () => "0x", "act-malformed"],
  ],
  p256: [
    ["a high s", word(s, (value) => P256_ORDER - value), "bad-signature"],
    ["a zero r", word(r, zero), "bad-signature"],
    ["a zero s", word(s, zero), "bad-signature"],
    ["r as large as the order", word(r, () => P256_ORDER), "bad-signature"],
    ["a point that is not on the curve", word(qy, (value) => value ^ 1n), "bad-signature"],
    ["the point at zero", (signature) => word(qx, zero)(word(qy, zero)(signature)), "bad-signature"],
    ["the mirrored point", word(qy, (y) => P256_FIELD - y), "bad-signature"],
    ["another tag", (signature) => `0x03${signature.slice(4)}`, "act-malformed"],
    ["a byte too few", truncated, "act-malformed"],
    ["a byte too many", longer, "act-malformed"],
    ["its bytes twice", doubled, "act-malformed"],
  ],
  wallet: [
    ["bytes that the wallet does not take", word(tag, (value) => value ^ 1n), "bad-signature"],
    // one byte fewer is read as the same where that byte is zero
    ["half its bytes", (signature) => signature.slice(0, signature.length / 2), "bad-signature"],
    ["no bytes but the tag", () => "0x02", "bad-signature"],
    ["more bytes than are taken", () => `0x02${"00".repeat(1_025)}`, "act-malformed"],
  ],
};

describe("signatures at POST /v1/acts", function () {
  this.timeout(30_000);
  let api: TestApi;
  let people: People;
  before(async function () {
    this.timeout(60_000);
    api = await openApi();
    people = await settlePeople(api);
  });
  after(() => api.close());

  const collectOf = (giver: Party, receiver: Party, terms: Message = {}): Message => {
    return { class: 1, grams: 1_000, collector: giver.account, keeper: receiver.account, ...terms };
  };

  /** An act of each number of signatories by a key of that kind, with the good signatures. */
  const makers: Record<string, (kind: "secp" | "p256" | "wallet") => SignedAct> = {
    "a giver's": (kind) => people.make("Collect", collectOf(people[kind], people.other), people[kind], people.other),
    "a receiver's": (kind) => people.make("Collect", collectOf(people.other, people[kind]), people.other, people[kind]),
    // upon a lot that nobody knows: it waits, if it is well signed
    "an operator's": (kind) => {
      const act = { lot: id("a lot to come"), seq: 0, grams: 1, kind: 2, operator: people[kind].account };
      return people.make("Conclude", act, people[kind]);
    },
  };
  const field = {
    "a giver's": "giverSignature",
    "a receiver's": "receiverSignature",
    "an operator's": "signature",
  } as const;

  for (const [kind, list] of Object.entries(spoils) as [keyof typeof spoils, (typeof spoils)["secp"]][]) {
    it(`given signatures of ${kind} keys spoiled in ${list.length} ways, when handed in, then each is refused and the good one taken`, async () => {
      for (const [whose, make] of Object.entries(makers)) {
        const good = make(kind);
        const at = field[whose as keyof typeof field];
        const spoiled = list.map(([, spoil]) => ({ ...good, [at]: spoil(good[at]!) }));
        const results = await people.handIn(...spoiled, good);
        const told = results.map(({ status, problem }) => problem?.code ?? status);
        const expected = list.map(([what, , code]) => `${whose} with ${what}: ${code}`);
        expect(told.slice(0, -1).map((code, i) => `${whose} with ${list[i]![0]}: ${code}`)).to.deep.equal(expected);
        expect(told.at(-1), whose).to.equal(whose === "an operator's" ? "waiting" : "accepted");
        if (whose !== "an operator's") expect((await people.settled(good)).state, whose).to.equal("final");
      }
    });

    it(`given ${kind} keys that sign for another chain or ledger, or the digest of something else, when handed in, then it is refused`, async () => {
      const domains: TypedDataDomain[] = [
        { ...people.domain, chainId: 1 },
        { ...people.domain, verifyingContract: `0x${"a1".repeat(20)}` },
        { ...people.domain, version: "2" },
        { ...people.domain, name: "tidemark" },
      ];
      const { type, act, ...signed } = makers["a giver's"]!(kind);
      const elsewhere = domains.map((domain) => {
        const giverSignature = people[kind].sign(digestOf(domain, type, act));
        const receiverSignature = people.other.sign(receiptDigestOf(people.domain, type, act, giverSignature));
        return { type, act, giverSignature, receiverSignature };
      });
      const swapped = { type, act, giverSignature: people.other.sign(digestOf(people.domain, type, act)) };
      const receipt = receiptDigestOf(people.domain, type, act, signed.giverSignature!);
      const wrong = [
        ...elsewhere,
        { ...swapped, receiverSignature: signed.receiverSignature },
        // the receiver's digest, signed by the giver
        { type, act, ...signed, giverSignature: people[kind].sign(receipt) },
        // the giver's digest, signed by the receiver
        { type, act, ...signed, receiverSignature: people.other.sign(digestOf(people.domain, type, act)) },
      ];
      const results = await people.handIn(...wrong);
      expect(results.map(({ problem }) => problem?.code)).to.deep.equal(wrong.map(() => "bad-signature"));
    });

    it(`given a receipt over another of the giver's signatures, when the two are handed in together, then they are refused (${kind})`, async () => {
      const good = makers["a giver's"]!(kind);
      const other = makers["a giver's"]!(kind);
      const receipt = receiptDigestOf(people.domain, "Collect", good.act, other.giverSignature!);
      const mixed = { ...good, receiverSignature: people.other.sign(receipt) };
      const [result] = await people.handIn(mixed);
      expect(result!.problem?.code).to.equal("bad-signature");
    });
  }

  it("given a P-256 signature over the digest itself, not its hash, when handed in, then it is refused", async () => {
    const good = makers["a giver's"]!("p256");
    const d = (BigInt(id(PHONE_SEED)) % (P256_ORDER - 1n)) + 1n;
    const digest = people.digest(good);
    expect(p256Proof(d, getBytes(sha256(digest))).slice(0, 260)).to.include(good.giverSignature!.slice(4, 132));
    const unhashed = p256Proof(d, getBytes(digest));
    const [result] = await people.handIn({ ...good, giverSignature: unhashed });
    expect(result!.problem?.code).to.equal("bad-signature");
  });

  it("given a phone's key, when it signs an act captured before the key was bound, then the act is refused by name", async () => {
    const early = collectOf(people.p256, people.other, { capturedAt: 1_000 });
    const [result] = await people.handIn(people.make("Collect", early, people.p256, people.other));
    expect(result!.problem).to.include({ code: "key-not-valid", reason: "KeyNotValid" });
  });

  it("given a key that is bound to another account, when it signs for this one, then it is refused", async () => {
    const act = collectOf(people.secp, people.other);
    const [result] = await people.handIn(people.make("Collect", act, people.p256, people.other));
    expect(result!.problem).to.include({ code: "bad-signature", reason: "SignatureNotValid" });
  });

  it("given a wallet's signature by an account that has a key only, when handed in, then it is refused", async () => {
    const good = makers["a giver's"]!("secp");
    const [result] = await people.handIn({ ...good, giverSignature: people.wallet.sign(people.digest(good)) });
    expect(result!.problem?.code).to.equal("bad-signature");
  });

  it("given hostile wallets of every kind, when they are asked for a signature, then it is refused, and the neighbour is taken", async () => {
    const deployer = createSigner(id("deployer of the hostile") as Hex);
    const wallets: Party[] = [];
    for (const code of Object.values(hostile)) {
      wallets.push({ account: await deployWallet(api.running.chain, deployer, code), sign: people.wallet.sign });
    }
    await people.register(
      "register",
      wallets.map(({ account }) => registrationOf(account)),
    );
    const acts = wallets.map((party) => people.make("Collect", collectOf(party, people.other), party, people.other));
    const good = makers["a giver's"]!("wallet");
    const results = await people.handIn(...acts, good);
    const told = results.map(({ status, problem }) => problem?.code ?? status);
    expect(told).to.deep.equal([...wallets.map(() => "bad-signature"), "accepted"]);
  });

  it("given a stranger who carries a good act spoiled before it is handed in, when it is, then it is recorded", async () => {
    const { secp: from, p256: to } = people;
    const collect = people.make("Collect", collectOf(from, to), from, to);
    const spoiled = { ...collect, receiverSignature: secp(keyOf("stranger"))(id("nothing")) };
    expect((await people.handIn(spoiled))[0]!.problem?.code).to.equal("bad-signature");
    const { body } = await api.ask("/v1/ledger");
    const { chainId, contracts } = body as { chainId: number; contracts: Record<string, Hex> };
    const data = interfaces.LotLedger.encodeFunctionData("recordCollects", batchOf([spoiled])) as Hex;
    await sendAs(api.running.chain, createSigner(id("stranger") as Hex), chainId, contracts["LotLedger"], data);
    expect((await people.handIn(collect))[0]!.status).to.equal("accepted");
    expect(await people.settled(collect)).to.include({ state: "final", reason: null });
  });
});
