import { expect } from "chai";
import { exportJWK, generateKeyPair } from "jose";
import { id, type BytesLike, type TypedDataDomain } from "ethers";
import { roles } from "../../../server/access/roles.ts";
import { interfaces } from "../../../server/chain/contracts.ts";
import type { RpcError } from "../../../server/chain/port.ts";
import { type Hex } from "../../../server/chain/port.ts";
import { createRecoveryPool, type RecoveryPool } from "../../../server/chain/recovery.ts";
import { createLog } from "../../../server/log.ts";
import type { Db } from "../../../server/db/port.ts";
import { Problem } from "../../../server/errors.ts";
import { createReceipts } from "../../../server/relayer/receipts.ts";
import { acceptActs, type ItemResult } from "../../../server/traceability/commands.ts";
import { reasons } from "../../../server/traceability/reasons.ts";
import {
  addressOf,
  digestOf,
  keyId,
  keyOf,
  p256,
  packAct,
  recorders,
  secp,
  signAct,
  type ActName,
  type Message,
  type Sign,
  type SignedAct,
} from "../../support/acts.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { carry, domainOf, randomFrom, storedLot, type StoredLot } from "../../support/dag.ts";
import { eachDatabase } from "../../support/databases.ts";
import { indexAll } from "../../support/indexing.ts";
import { openLedger, person, registrationOf, type Ledger } from "../../support/ledger.ts";
import { deployWallet, honestWallet, walletSign } from "../../support/walletAccounts.ts";
import { hostile } from "../../support/wallets.ts";

const SEED = 4;
const captured = Date.UTC(2025, 11, 31) / 1_000;
const random = randomFrom(SEED);
/** Reasons that do not rest on how a lot stands. */
const timeless = ["GramsMissing", "PartsMissing", "AccountNotRegistered", "SignatureNotValid", "KeyNotValid"];
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;

eachDatabase("intake beside the ledger's own checks", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;
  let pool: RecoveryPool;
  let domain: TypedDataDomain;
  let intake: (items: readonly unknown[], behind?: boolean) => Promise<ItemResult[]>;
  const signers = new Map<Hex, Sign>();
  const lots: Hex[] = [];
  const [own, other] = [keyOf("intake", 0), keyOf("intake", 1)];
  const dated = p256("a phone's key");

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    domain = domainOf(ledger);
    pool = createRecoveryPool({ workers: 1, log: createLog("silent") });
    await settlePeople();
    await settleLots();
    await indexAll(db, ledger);
    const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
    const { chainId, authority } = ledger.domain;
    const receipts = await createReceipts([{ ...(await exportJWK(privateKey)), kid: "test" }], chainId, authority);
    const silent = { reached: () => Promise.resolve(), wake: () => undefined };
    const deps = { db, chain: ledger.chain, domain: ledger.domain, pool, receipts, ...silent };
    intake = (items, behind = false) => acceptActs({ ...deps, caughtUp: () => !behind }, items);
  });
  after(async () => {
    await pool.close();
    await opened.close();
  });

  /** Two people with keys of their own, one whose phone's key is dated, a wallet; and a wallet that says no. */
  async function settlePeople(): Promise<void> {
    const [phone, wallet, burner] = [
      addressOf(keyOf("nobody has this key")).toLowerCase() as Hex,
      await deployWallet(ledger.chain, ledger.carrier.signer, honestWallet),
      await deployWallet(ledger.chain, ledger.carrier.signer, hostile["never ends"]),
    ];
    for (const key of [own, other]) signers.set(addressOf(key).toLowerCase() as Hex, secp(key));
    signers.set(phone, dated.sign).set(wallet, walletSign).set(burner, walletSign);
    await ledger.call(ledger.registry, "Parties", "register", [[...signers.keys()].map((who) => registrationOf(who))]);
    await ledger.call(ledger.registry, "Parties", "bindKey", [phone, dated.keyId, captured - 100, captured + 10_000]);
    await ledger.call(ledger.registry, "Parties", "bindKey", [
      phone,
      keyId(addressOf(keyOf("lost"))),
      0,
      captured - 100,
    ]);
  }

  const tail = (): Message => ({ capturedAt: captured, anchor: id("anchor"), evidence: id(`e${random(2 ** 31)}`) });
  const salt = (): string => id(`salt ${random(2 ** 31)}`);
  const sign = (type: ActName, act: Message, giver: Hex, receiver?: Hex): SignedAct =>
    signAct(domain, type, act, signers.get(giver)!, receiver && signers.get(receiver));

  /** Lots of everybody who can sign, some of them bailed, quarantined, split, void. */
  async function settleLots(): Promise<void> {
    const people = [...signers.keys()].slice(0, 4);
    const collects = Array.from({ length: 16 }, (_, n) => {
      const [collector, keeper] = [people[n % 4]!, people[(n >> 2) % 4]!];
      return sign(
        "Collect",
        { class: 1, grams: 900 + n, collector, keeper, ...tail(), salt: salt() },
        collector,
        keeper,
      );
    });
    await carry(ledger, collects);
    lots.push(...collects.map(({ act }) => digestOf(domain, "Collect", act) as Hex));
    for (const n of [0, 5, 10, 15]) await bail(lots[n]!, people[(n + 1) % 4]!);
    const auditor = person("intake auditor");
    await ledger.call(ledger.admin, "AccessManager", "grantRole", [roles.AUDITOR, auditor.account, 0]);
    await ledger.call(auditor, "LotLedger", "ruleOnFlags", [lots[1]!, 2, 0, id("basis")]);
    await ledger.call(auditor, "LotLedger", "ruleOnFlags", [lots[2]!, 1, 0, id("basis")]);
    await ledger.call(auditor, "LotLedger", "voidLot", [lots[3]!, id("basis")]);
    const { id: lot, custodian: operator, grams } = await storedLot(ledger, lots[4]!);
    await carry(ledger, [sign("Split", { lot, seq: 0, grams: [1, grams - 1], operator, ...tail() }, operator)]);
    lots.push(id("no such lot") as Hex);
  }

  async function bail(lot: Hex, to: Hex): Promise<void> {
    const { custodian: from, grams } = await storedLot(ledger, lot);
    const terms = { declaredGrams: grams, acceptedGrams: grams, seq: 0, bailment: 1 };
    await carry(ledger, [sign("Handoff", { lot, from, to, ...terms, ...tail() }, from, to)]);
  }

  /** Mostly the first, which is right; sometimes another. */
  const mostly = <T>(right: T, ...wrong: T[]): T => (random(7) > 0 ? right : pick(wrong));
  const anybody = (): Hex => pick<Hex>([...signers.keys(), `0x${"0b".repeat(20)}`]);
  const seqOf = ({ seq }: StoredLot): number => mostly(seq, seq + 1, Math.max(0, seq - 1));
  /** Sometimes by a stranger, or malformed, or over another digest. */
  const signerOf = (account: Hex): Sign =>
    mostly(
      signers.get(account) ?? secp(other),
      secp(keyOf("stranger")),
      secp(keyOf("lost")),
      dated.sign,
      walletSign,
      (digest) => secp(own)(id(digest)),
      () => `0x${"ff".repeat(64)}`,
    );

  const bailed = (): Hex[] => [0, 5, 10].map((n) => lots[n]!);

  const draw: Record<ActName, () => Promise<[Message, giver: Hex, receiver?: Hex]>> = {
    async Collect() {
      const [collector, keeper] = [anybody(), anybody()];
      return [{ class: 1, grams: mostly(70, 0), collector, keeper, ...tail(), salt: salt() }, collector, keeper];
    },
    async Handoff() {
      const lot = await storedLot(ledger, pick([pick(lots), ...bailed()]));
      const [from, to] = [mostly(lot.custodian, anybody()), pick([lot.owner, anybody()])];
      const declaredGrams = mostly(lot.grams, lot.grams + 1, 0);
      const terms = { declaredGrams, acceptedGrams: random(2_000), seq: seqOf(lot), bailment: random(2) };
      return [{ lot: lot.id, from, to, ...terms, ...tail() }, from, to];
    },
    async Split() {
      const lot = await storedLot(ledger, pick(lots));
      const operator = mostly(lot.custodian, anybody());
      const grams = mostly([1, lot.grams - 1].map(Math.abs), [], [lot.grams, 0], [lot.grams, 1]);
      return [{ lot: lot.id, seq: seqOf(lot), grams, operator, ...tail() }, operator];
    },
    async Transform() {
      const found = await Promise.all([pick(lots), pick(lots)].map((lot) => storedLot(ledger, lot)));
      const one =
        random(2) === 0 ? found.slice(1) : found.sort((a, b) => mostly(a.id < b.id ? -1 : 1, a.id < b.id ? 1 : -1));
      const held = one.reduce((sum, { grams }) => sum + grams, 0);
      const inputs = mostly(
        one.map((lot) => ({ lot: lot.id, seq: seqOf(lot) })),
        [],
      );
      const outputs = mostly([{ class: 7, grams: Math.max(held - 1, 1) }], [], [{ class: 7, grams: 0 }]);
      const operator = mostly(one[0]!.custodian, anybody());
      return [{ process: 1, inputs, outputs, lossGrams: mostly(1, 0), operator, ...tail(), salt: salt() }, operator];
    },
    async Conclude() {
      const lot = await storedLot(ledger, mostly(pick(lots), lots[1]!, lots[2]!));
      const operator = mostly(lot.custodian, anybody());
      const grams = mostly(lot.grams, 0, lot.grams + 1);
      return [{ lot: lot.id, seq: seqOf(lot), grams, kind: 1 + random(2), operator, ...tail() }, operator];
    },
    async PassTitle() {
      const lot = await storedLot(ledger, pick(lots));
      const [owner, to] = [mostly(lot.owner, anybody()), anybody()];
      return [{ lot: lot.id, seq: seqOf(lot), owner, to, ...tail() }, owner, to];
    },
  };

  /** The error that the ledger's own check reverts with. */
  async function checked(signed: SignedAct): Promise<string | undefined> {
    const proofs: BytesLike[] = [];
    const act = packAct(signed, proofs as string[]);
    const check = recorders[signed.type].replace("record", "check").replace(/s$/, "");
    const data = interfaces.LotLedger.encodeFunctionData(check as "checkCollect", [act as never, proofs]);
    try {
      await ledger.chain.request("eth_call", [{ to: ledger.deployment.contracts.LotLedger.address, data }, "latest"]);
      return undefined;
    } catch (error) {
      const { data: told } = error as RpcError;
      const bytes = typeof told === "string" ? told : (told as { data: string }).data;
      return interfaces.LotLedger.parseError(bytes)!.name;
    }
  }

  it("given the rows are behind the chain, when an act is handed in whose signer they do not know, then it is not refused but asked for again", async () => {
    const [known] = [...signers.keys()] as [Hex];
    const stranger = keyOf("registered a block ago");
    const collect = { class: 1, grams: 70, ...tail(), salt: salt() };
    const good = sign("Collect", { ...collect, collector: known, keeper: known }, known, known);
    const account = addressOf(stranger).toLowerCase();
    const unknown = signAct(
      domain,
      "Collect",
      { ...collect, collector: account, keeper: account },
      secp(stranger),
      secp(stranger),
    );
    const refused: unknown = await intake([good, unknown], true).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Problem).with.nested.property("view.code", "not-ready");
    expect((await intake([good], true)).map(({ status }) => status)).to.deep.equal(["accepted"]);
    expect((await intake([good, unknown])).map(({ status }) => status)).to.deep.equal(["duplicate", "rejected"]);
  });

  it("given lots in every state, when any acts are handed in, then each is refused for what the ledger would skip it for now", async () => {
    const seen = new Map<string, number>();
    for (let n = 0; n < 450; n++) {
      const type = pick(Object.keys(draw) as ActName[]);
      const [act, giver, receiver] = await draw[type]();
      if (random(8) === 0) act["capturedAt"] = captured - 100 - random(2);
      const signed = signAct(domain, type, act, signerOf(giver), receiver && signerOf(receiver));
      const [[result], error] = await Promise.all([intake([signed]), checked(signed)]);
      const { status, problem } = result!;
      const told = `${error} for ${JSON.stringify(signed)} but ${JSON.stringify(result)}`;
      if (error === "LotUnknown" || error === "SeqNotCurrent") {
        // what comes too early may become good; what no state of its lots can mend is seen already
        if (problem && type !== "Transform") expect(timeless, told).to.include(problem["reason"]);
        expect(problem?.["reason"], told).to.not.equal(error);
        if (!problem) expect(status, told).to.equal(isAhead(signed, await standing(signed)) ? "waiting" : "accepted");
      } else {
        expect(problem?.["reason"], told).to.equal(error);
        if (error) expect(problem?.code, told).to.equal(reasons[error as keyof typeof reasons].code);
        else expect(status, told).to.equal("accepted");
      }
      // what is on its way would make what follows it ready
      if (!problem)
        await db.sql`WITH i AS (DELETE FROM request_input), o AS (DELETE FROM request_output) DELETE FROM request`;
      seen.set(error ?? "good", (seen.get(error ?? "good") ?? 0) + 1);
    }
    // a collect is not recorded twice here
    const every = Object.keys(reasons).filter((name) => name !== "LotExists");
    for (const name of ["good", ...every]) expect(seen.get(name) ?? 0, name).to.be.at.least(1);
  });

  async function standing({ act }: SignedAct): Promise<StoredLot[]> {
    const ids = (act["inputs"] as { lot: Hex }[] | undefined)?.map(({ lot }) => lot) ?? [act["lot"] as Hex];
    return Promise.all(ids.map((lot) => storedLot(ledger, lot)));
  }

  /** Whether it needs a lot at a `seq` that is not reached. */
  function isAhead({ act }: SignedAct, stored: readonly StoredLot[]): boolean {
    const seqs = (act["inputs"] as { seq: number }[] | undefined)?.map(({ seq }) => seq) ?? [act["seq"] as number];
    return stored.some((lot, i) => /^0x0+$/.test(lot.custodian) || seqs[i]! > lot.seq);
  }
});
