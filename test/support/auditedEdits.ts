/** Edits of rows of credits and money by hand, on the history of `auditedMoney.ts`, and what an audit must name. */
import type { Hex } from "../../server/chain/port.ts";
import { lastLog, type Audited, type Placed } from "./audited.ts";
import type { Played } from "./auditedMoney.ts";

const ZERO = `0x${"0".repeat(40)}`;
export const padded = (n: bigint, digits = 20): string => String(n).padStart(digits, "0");
export const block = (first: bigint): bigint => (1n << 128n) | first;
export const blockKey = (first: bigint): string => `block/${padded(1n)}/${padded(first)}`;

/** A row that an edit makes differ, and the checks of the server's own that see it; samples may see it besides. */
interface Planted {
  key: string;
  field: string | null;
  said?: string | null;
  expected?: string;
  place: Placed;
  conservation: string[];
}

type Edit = readonly [what: string, plant: (audited: Audited, played: Played) => Promise<Planted>];

const edits: Edit[] = [
  [
    "a block's kilograms",
    async (audited) => {
      await audited.sql`UPDATE credit_block SET kg = kg + 1 WHERE first = 1`;
      const place = await lastLog(audited, "Credits", "Split", block(1n));
      const conservation = ["C1.batches", "C1.live right", "C3.ranges"];
      return { key: blockKey(1n), field: "kg", said: "601", expected: "600", place, conservation };
    },
  ],
  [
    "a block's holder",
    async (audited) => {
      await audited.sql`UPDATE credit_block SET holder = ${ZERO} WHERE first = 601`;
      const place = await lastLog(audited, "Credits", "Moved", block(601n));
      return { key: blockKey(601n), field: "holder", said: ZERO, place, conservation: [] };
    },
  ],
  [
    "a block's locks",
    async (audited) => {
      await audited.sql`UPDATE credit_block SET locks = 0 WHERE first = 1`;
      const place = await lastLog(audited, "Credits", "LocksChanged", block(1n));
      return { key: blockKey(1n), field: "locks", said: "0", expected: "16", place, conservation: [] };
    },
  ],
  [
    "a block that was retired, alive again",
    async (audited) => {
      await audited.sql`UPDATE credit_block SET disposition = 0 WHERE first = 851`;
      const place = await lastLog(audited, "Credits", "Retired", 1n);
      const conservation = ["C1.batches", "C1.live right"];
      return { key: blockKey(851n), field: "disposition", said: "0", expected: "1", place, conservation };
    },
  ],
  [
    "who a retirement is for",
    async (audited) => {
      await audited.sql`UPDATE retirement SET beneficiary = ${`0x${"be".repeat(32)}`} WHERE id = 1`;
      const place = await lastLog(audited, "Credits", "Retired", 1n);
      const key = `retirement/${padded(1n)}/${padded(851n)}`;
      return { key, field: "beneficiary", said: `0x${"be".repeat(32)}`, place, conservation: [] };
    },
  ],
  [
    "the note on a certificate",
    async (audited, played) => {
      await audited.sql`UPDATE retirement SET note = NULL WHERE id = 2`;
      const place = await lastLog(audited, "Credits", "Noted", 2n);
      return { key: played.second, field: "note", said: "", place, conservation: [] };
    },
  ],
  [
    "what a batch retired",
    async (audited) => {
      await audited.sql`UPDATE batch SET retired_kg = retired_kg - 1`;
      const place = await lastLog(audited, "Credits", "Retired", 2n);
      const conservation = ["C1.batches", "C1.retired right", "C1.words"];
      return { key: `batch/${padded(1n)}`, field: "retired", said: "399", expected: "400", place, conservation };
    },
  ],
  [
    "the least that was attested",
    async (audited, played) => {
      await audited.sql`UPDATE report SET least_kg = 1899 WHERE issued_kg > 0`;
      const place = await lastLog(audited, "Projects", "Verified", played.report);
      const conservation = ["C2.attested"];
      const first = { ...place, index: place.index - 2 };
      return { key: `report/${played.report}`, field: "least", said: "1899", place: first, conservation };
    },
  ],
  [
    "a verifier's statement, deleted",
    async (audited, played) => {
      const { report } = played;
      const place = await lastLog(audited, "Projects", "Verified", report);
      const [row] = await audited.sql<{ verifier: Hex }>`
        DELETE FROM verification WHERE report = ${report} AND verifier = ${played.lastVerifier} RETURNING verifier`;
      return { key: `verification/${report}/${row!.verifier}`, field: null, said: null, place, conservation: [] };
    },
  ],
  [
    "a farmer's share",
    async (audited) => {
      await audited.sql`UPDATE project_share SET bps = bps + 1`;
      const place = await lastLog(audited, "Projects", "ProjectRegistered", 1n);
      return { key: `project/${padded(1n)}`, field: "shares", place, conservation: [] };
    },
  ],
  [
    "a balance",
    async (audited, played) => {
      const { payee } = played;
      await audited.sql`UPDATE fen SET amount_fen = amount_fen + 1 WHERE account = ${payee}`;
      const place = await lastLog(audited, "SettlementToken", "Transfer", payee);
      return { key: `fen/${payee}`, field: "amountFen", place, conservation: ["M3.balances right"] };
    },
  ],
  [
    "what a bank took in",
    async (audited, played) => {
      await audited.api.running.db
        .sql`UPDATE bank_reference SET amount_fen = amount_fen + 1 WHERE kind = 'deposit' AND amount_fen = 5000`;
      const place = await lastLog(audited, "SettlementToken", "Deposited");
      const conservation = ["M3.deposited right", "M3.supply right"];
      const said = { said: "5001", expected: "5000", conservation };
      return { key: played.deposit, field: "amountFen", ...said, place };
    },
  ],
  [
    "a division's root",
    async (audited) => {
      await audited.sql`UPDATE pool_root SET root = ${`0x${"12".repeat(32)}`} WHERE pool = 1`;
      const place = await lastLog(audited, "PremiumPools", "RootPublished", 1n);
      return { key: `root/${padded(1n)}/00001`, field: "root", place, conservation: [] };
    },
  ],
  [
    "a payout",
    async (audited, played) => {
      const { payee } = played;
      await audited.api.running.db
        .sql`UPDATE payout SET amount_fen = amount_fen - 1 WHERE pool = 1 AND account = ${payee}`;
      const place = await lastLog(audited, "SettlementToken", "Transfer", payee);
      const key = `payout/${padded(1n)}/${payee}/${padded(0n, 10)}`;
      return { key, field: "amountFen", place, conservation: ["M1.paid"] };
    },
  ],
  [
    "what is held aside, deleted",
    async (audited) => {
      const [row] = await audited.sql<{ account: Hex }>`DELETE FROM held_aside RETURNING account`;
      const place = await lastLog(audited, "PremiumPools", "HeldAside", 1n, row!.account);
      const key = `held/${padded(1n)}/${row!.account}`;
      return { key, field: null, said: null, place, conservation: ["M1.paid", "M1.pools right"] };
    },
  ],
  [
    "a pool that is closed, open again",
    async (audited) => {
      await audited.sql`UPDATE pool SET closed = false WHERE id = 2`;
      const place = await lastLog(audited, "PremiumPools", "Closed", 2n);
      const said = { said: "false", expected: "true", conservation: ["M1.closed"] };
      return { key: `pool/${padded(2n)}`, field: "closed", ...said, place };
    },
  ],
];

/** Each a change of the server's rows by hand. */
export const creditEdits = (): readonly Edit[] => edits;
