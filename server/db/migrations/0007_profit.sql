-- Fen by account, what banks took in and paid out, and pools: what they are for, their divisions, and what was paid.

-- Each reference of a bank, for a deposit or a withdrawal.
CREATE TABLE bank_reference (
  bank       hex NOT NULL,
  reference  hex NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('deposit', 'withdrawal')),
  account    hex NOT NULL,
  amount_fen bigint NOT NULL,
  block      bigint NOT NULL,
  tx         hex NOT NULL,
  PRIMARY KEY (bank, reference)
);

-- Of accounts that have some.
CREATE TABLE fen (
  account    hex PRIMARY KEY,
  amount_fen bigint NOT NULL
);

CREATE TABLE pool (
  id         bigint PRIMARY KEY,
  -- its one subject, or the hash of several
  subject    hex NOT NULL,
  -- 1 lots, 2 a batch, 3 a project
  kind       smallint NOT NULL,
  -- a code of the vocabulary
  source     int NOT NULL,
  payer      hex NOT NULL,
  amount_fen bigint NOT NULL,
  -- sha256 of the document by which it is divided
  ruleset    hex NOT NULL,
  -- of the division that holds; 0 before the first
  version    int NOT NULL DEFAULT 0,
  -- by chunks, with what was held aside
  paid_fen   bigint NOT NULL DEFAULT 0,
  closed     boolean NOT NULL DEFAULT false,
  -- seconds since 1970, of the block
  funded_at  bigint NOT NULL,
  tx         hex NOT NULL
);

CREATE TABLE pool_subject (
  pool    bigint NOT NULL,
  subject hex NOT NULL,
  PRIMARY KEY (pool, subject)
);
CREATE INDEX pool_subject_by_subject ON pool_subject (subject);

-- The divisions that were published.
CREATE TABLE pool_root (
  pool         bigint NOT NULL,
  version      int NOT NULL,
  root         hex NOT NULL,
  leaf_count   bigint NOT NULL,
  -- sha256 of the document that it was computed from
  inputs       hex NOT NULL,
  -- seconds since 1970
  opens_at     bigint NOT NULL,
  published_at bigint NOT NULL,
  tx           hex NOT NULL,
  PRIMARY KEY (pool, version)
);

-- Chunks that were paid: of the pool's last version, since none is replaced after a payment.
CREATE TABLE pool_chunk (
  pool    bigint NOT NULL,
  chunk   bigint NOT NULL,
  -- with what was held aside
  sum_fen bigint NOT NULL,
  block   bigint NOT NULL,
  tx      hex NOT NULL,
  PRIMARY KEY (pool, chunk)
);

-- What reached somebody's account from a pool.
CREATE TABLE payout (
  block      bigint NOT NULL,
  idx        int NOT NULL,
  pool       bigint NOT NULL,
  account    hex NOT NULL,
  amount_fen bigint NOT NULL,
  -- NULL where it had been held aside and was released
  chunk      bigint,
  -- for whom it was meant: the account itself, unless an auditor decided otherwise
  entitled   hex NOT NULL,
  -- of a release: the auditor's decision, or 32 zero bytes; NULL of a chunk
  basis      hex,
  tx         hex NOT NULL,
  PRIMARY KEY (block, idx)
);
CREATE INDEX payout_by_pool ON payout (pool, account);
CREATE INDEX payout_by_account ON payout (account, pool);
CREATE INDEX payout_by_entitled ON payout (entitled, pool) WHERE entitled <> account;

-- What waits for accounts that could not be paid.
CREATE TABLE held_aside (
  pool       bigint NOT NULL,
  account    hex NOT NULL,
  amount_fen bigint NOT NULL,
  PRIMARY KEY (pool, account)
);
CREATE INDEX held_aside_by_account ON held_aside (account);
