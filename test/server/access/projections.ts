import { expect } from "chai";
import { id, type Interface } from "ethers";
import { licencesHeld, readAccountStandings, readKeys, readLicences } from "../../../server/access/queries.ts";
import { readHeader, readLogs } from "../../../server/chain/blocks.ts";
import { interfaces, readView, type ContractName } from "../../../server/chain/contracts.ts";
import { decodePartyLog, decodeVocabularyLog } from "../../../server/chain/partyEvents.ts";
import type { Hex } from "../../../server/chain/port.ts";
import type { Db } from "../../../server/db/port.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { eachDatabase } from "../../support/databases.ts";
import { clearIndex, headOf, indexAll } from "../../support/indexing.ts";
import { openLedger, person, registrationOf, type Ledger } from "../../support/ledger.ts";

const [keeper, collector, newcomer, phone] = ["keeper", "collector", "newcomer", "phone"].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
];
const keyId = (account: Hex): Hex => `0x${account.slice(2).padStart(64, "0")}`;
/** Not an address: as long as the hash of a P-256 key. */
const wideKey = id("a P-256 key") as Hex;
const basis = id("basis");
const stranger: Hex = `0x${"5a".repeat(20)}`;
const most = 2 ** 40 - 1;

/** Every event of access, some of them several times on one row. */
async function govern(ledger: Ledger): Promise<void> {
  const act = (method: string, ...args: unknown[]): Promise<unknown> =>
    ledger.call(ledger.registry, "Parties", method, args);
  const facility = { ...registrationOf(newcomer.account, 0x4f04), organiser: keeper.account, region: 65_535 };
  await ledger.register(keeper, collector);
  await act("register", [{ ...facility, successor: collector.account }]);
  await act("setStatus", keeper.account, 2, basis);
  await act("grantLicence", keeper.account, 1, 100, most, 2n ** 64n - 1n, basis);
  await act("grantLicence", keeper.account, 63, 200, most - 1, 7n, basis);
  await act("setStatus", keeper.account, 1, basis);
  await act("grantLicence", collector.account, 5, 300, 400, 7n, basis);
  await act("revokeLicence", collector.account, 5, basis);
  await act("grantLicence", keeper.account, 63, 150, most - 1, 9n, basis);
  await act("grantLicence", newcomer.account, 7, 300, 400, 7n, basis);
  await act("revokeLicence", newcomer.account, 7, basis);
  await act("grantLicence", newcomer.account, 7, 500, 600, 8n, basis);
  await act("setStatus", newcomer.account, 3, basis);
  await act("bindKey", keeper.account, keyId(phone.account), 10, 1_000);
  await act("bindKey", keeper.account, keyId(keeper.account), 20, most);
  await act("bindKey", collector.account, wideKey, 0, 30);
  await act("closeKey", keyId(phone.account), 900);
  await act("closeKey", keyId(phone.account), 800);
  const term = { list: 255, code: 65_535, termHash: id("a term") };
  await ledger.call(ledger.admin, "Vocabulary", "setTerms", [[{ ...term, active: true }]]);
  await ledger.call(ledger.admin, "Vocabulary", "setTerms", [[{ ...term, active: false }]]);
}

eachDatabase("access projections", (open) => {
  let opened: OpenChain;
  let ledger: Ledger;
  let db: Db;

  before(async () => {
    db = await open();
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    await govern(ledger);
  });
  after(() => opened.close());

  const view = (name: ContractName, method: string, ...args: unknown[]): Promise<unknown[]> =>
    readView(ledger.chain, { name, address: ledger.deployment.contracts[name].address }, method, args);

  for (const [cut, limits] of [
    ["one range", {}],
    ["ranges of one block", { blocks: 1, mostBlocks: 1 }],
  ] as const) {
    describe(`given everything that governs access, when indexed in ${cut}`, () => {
      before(async () => {
        await clearIndex(db);
        await indexAll(db, ledger, { limits });
      });

      it("then each standing is the contract's word", async () => {
        const people = [keeper, collector, newcomer].map(({ account }) => account);
        const standings = await readAccountStandings(db.sql, [...people, phone.account]);
        expect([...standings.keys()].sort()).to.deep.equal([...people].sort());
        for (const account of people) {
          const { status, kinds, licensedFrom, licensedUntil, licences } = standings.get(account)!;
          const dates = (BigInt(licensedFrom) << 192n) | (BigInt(licensedUntil) << 152n);
          const word = (BigInt(status) << 248n) | (BigInt(kinds) << 232n) | dates | (licences << 88n);
          expect(word).to.equal((await view("Parties", "standing", account))[0]);
        }
        const { status, licences, licensedFrom } = standings.get(keeper.account)!;
        expect({ status, licences, licensedFrom }).to.deep.equal({
          status: 0x81,
          licences: (1n << 63n) | 2n,
          licensedFrom: 150,
        });
      });

      it("then each key is the contract's word, by address or by id", async () => {
        const asked = [phone.account, keyId(keeper.account), wideKey, collector.account];
        const keys = await readKeys(db.sql, asked);
        expect([...keys.keys()].sort()).to.deep.equal(asked.slice(0, 3).sort());
        for (const [key, { account, validFrom, validUntil }] of keys) {
          const word = (BigInt(account) << 96n) | (BigInt(validFrom) << 56n) | (BigInt(validUntil) << 16n);
          expect(word).to.equal((await view("Parties", "keys", keyId(key)))[0]);
        }
        expect(keys.get(phone.account)).to.deep.equal({ account: keeper.account, validFrom: 10, validUntil: 800 });
      });

      it("then an account keeps what its registration said", async () => {
        const [row] = await db.sql`
          SELECT identity_hash, organiser, region, successor FROM account WHERE id = ${newcomer.account}`;
        expect(row).to.deep.equal({
          identity_hash: id(`identity of ${newcomer.account}`),
          organiser: keeper.account,
          region: 65_535,
          successor: collector.account,
        });
      });

      it("then its licences are those last granted, and none that was withdrawn", async () => {
        const licence = { account: keeper.account, document: basis };
        expect(await readLicences(db.sql, keeper.account)).to.deep.equal([
          { ...licence, kind: 1, validFrom: 100, validUntil: most, capacityGrams: 2n ** 64n - 1n },
          { ...licence, kind: 63, validFrom: 150, validUntil: most - 1, capacityGrams: 9n },
        ]);
        expect(await readLicences(db.sql, collector.account)).to.deep.equal([]);
        const kinds = await db.sql`SELECT account, kind FROM licence ORDER BY kind`;
        // withdrawn and granted again
        expect(kinds).to.deep.include({ account: newcomer.account, kind: 7 });
        expect(kinds).to.have.length(3);
      });

      it("then who held a licence is told by its own dates, not by what all have in common", async () => {
        const ask = (account: Hex, kind: number, at: number) => ({ account, kind, at });
        const asked = [
          ask(keeper.account, 1, 99),
          ask(keeper.account, 1, 100),
          ask(keeper.account, 63, most - 2),
          ask(keeper.account, 63, most - 1),
          ask(keeper.account, 2, 500),
          ask(collector.account, 5, 350),
          ask(stranger, 0, 0),
          ask(keeper.account, 1, 100),
        ];
        const held = [false, true, true, false, false, false, true, true];
        expect(await licencesHeld(db.sql, asked)).to.deep.equal(held);
        expect(await licencesHeld(db.sql, [])).to.deep.equal([]);
      });

      it("then the vocabulary is the contract's", async () => {
        const rows = await db.sql<{ list: number; code: number; term_hash: Hex; active: boolean }>`
          SELECT * FROM vocabulary`;
        expect(rows).to.deep.include({ list: 255, code: 65_535, term_hash: id("a term"), active: false });
        expect(rows.length).to.be.greaterThan(5);
        for (const { list, code, term_hash: hash, active } of rows) {
          expect(await view("Vocabulary", "term", list, code)).to.deep.equal([hash, active]);
        }
      });
    });
  }
});

describe("decoding by slicing: Parties and Vocabulary", () => {
  it("given every log of access, when decoded, then it says what ethers' own decoder says", async () => {
    const opened = await openEmbedded();
    try {
      const ledger = await openLedger(opened.chain);
      await govern(ledger);
      const { Parties, Vocabulary } = ledger.deployment.contracts;
      const logs = await readLogs(ledger.chain, 0, await headOf(ledger), [Parties.address, Vocabulary.address]);
      const names = new Set<string>();
      for (const log of logs) {
        const header = (await readHeader(ledger.chain, log.block))!;
        const ours = log.address === Parties.address ? interfaces.Parties : interfaces.Vocabulary;
        const decode = log.address === Parties.address ? decodePartyLog : decodeVocabularyLog;
        const parsed = (ours as Interface).parseLog(log)!;
        const event = decode(log, header);
        if (parsed.name === "AuthorityUpdated") {
          expect(event).to.equal(undefined);
          continue;
        }
        names.add(parsed.name);
        const { name, args, ...place } = event!;
        expect({ name, ...place }).to.deep.equal({
          name: parsed.name,
          block: log.block,
          at: header.timestamp,
          index: log.index,
          tx: log.tx,
        });
        const { word, ...theirs } = parsed.args.toObject() as Record<string, unknown>;
        // the order of arguments is part of the effects digest
        expect(Object.entries(args).map(([field, value]) => `${field}=${value}`)).to.deep.equal(
          Object.entries({ ...withOpenedWord(word, theirs) }).map(
            ([field, value]) => `${field}=${String(value).toLowerCase()}`,
          ),
        );
      }
      expect([...names].sort()).to.deep.equal(
        ["AccountRegistered", "KeyBound", "LicenceGranted", "LicenceRevoked", "StandingChanged", "TermSet"].sort(),
      );
    } finally {
      await opened.close();
    }
  });
});

/** A standing word stands opened between the account and the basis. */
function withOpenedWord(word: unknown, { account, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (typeof word !== "bigint") return account === undefined ? rest : { account, ...rest };
  const bits = (shift: bigint, count: bigint): bigint => (word >> shift) & ((1n << count) - 1n);
  const fields = {
    status: bits(248n, 8n),
    kinds: bits(232n, 16n),
    licensedFrom: bits(192n, 40n),
    licensedUntil: bits(152n, 40n),
    licences: bits(88n, 64n),
  };
  return { account, ...fields, ...rest };
}
