-- Ids, hashes and addresses are lower-case hex text with 0x in the "C" collation, so that every database sorts them alike.
CREATE DOMAIN hex AS text COLLATE "C";

-- Write path ------------------------------------------------------------------------------------------------------

CREATE TABLE sender (
  address    hex PRIMARY KEY,
  next_nonce bigint NOT NULL,
  -- why this sender sends no more, in words; NULL while it works
  halted     text
);

CREATE TABLE tx (
  hash   hex PRIMARY KEY,
  sender hex NOT NULL,
  nonce  bigint NOT NULL,
  raw    bytea NOT NULL,
  -- signed: stored; sent: a node took it, and `block` is set once it is in one; mined: the index has passed its block;
  -- reverted: so has it, and it changed nothing
  state  text NOT NULL CHECK (state IN ('signed', 'sent', 'mined', 'reverted')),
  block  bigint,
  UNIQUE (sender, nonce)
);
CREATE INDEX tx_open ON tx (sender, nonce) WHERE state IN ('signed', 'sent');

CREATE TABLE request (
  digest      hex PRIMARY KEY,
  -- order of acceptance; two requests of one subject travel by seq, then by this
  ordinal     bigint GENERATED ALWAYS AS IDENTITY,
  party       hex NOT NULL,
  kind        text NOT NULL,
  body        bytea NOT NULL,
  subject     hex NOT NULL,
  seq         int NOT NULL,
  state       text NOT NULL
    CHECK (state IN ('waiting', 'queued', 'signed', 'sent', 'mined', 'final', 'skipped', 'rejected', 'expired')),
  -- the transaction that carries it now, or that recorded it
  tx_hash     hex,
  block       bigint,
  attempt     int NOT NULL DEFAULT 0,
  -- the largest batch it may travel in: halved each time a batch reverted under it
  batch_cap   int NOT NULL,
  -- why it was skipped (an error selector) or rejected (words)
  reason      text,
  receipt     text NOT NULL,
  accepted_at bigint NOT NULL,
  -- for the index below: an index that names `state` itself would have every index written again at each of its changes
  queued      boolean GENERATED ALWAYS AS (state = 'queued') STORED
) WITH (fillfactor = 60);
CREATE INDEX request_queued ON request (batch_cap, ordinal) WHERE queued;
CREATE INDEX request_by_tx ON request (tx_hash);

CREATE TABLE tx_item (
  tx_hash hex NOT NULL REFERENCES tx,
  pos     int NOT NULL,
  digest  hex NOT NULL,
  PRIMARY KEY (tx_hash, pos)
);

-- Read path: blocks -----------------------------------------------------------------------------------------------

CREATE TABLE block (
  number  bigint PRIMARY KEY,
  hash    hex NOT NULL,
  parent  hex NOT NULL,
  -- seconds since 1970
  at      bigint NOT NULL,
  effects hex NOT NULL
);

-- The logs of one block that any projection reads, as one deflated JSON array; no row for a block without any.
CREATE TABLE raw (
  block bigint PRIMARY KEY,
  n     int NOT NULL,
  logs  bytea NOT NULL
);

CREATE TABLE cursor (
  name  text PRIMARY KEY,
  block bigint NOT NULL,
  hash  hex NOT NULL
);

CREATE TABLE projection (
  name    text PRIMARY KEY,
  version int NOT NULL
);

CREATE TABLE state_digest (
  block   bigint PRIMARY KEY,
  version text NOT NULL,
  root    hex NOT NULL,
  buckets jsonb NOT NULL
);

-- Read path: access -----------------------------------------------------------------------------------------------

CREATE TABLE account (
  id             hex PRIMARY KEY,
  status         smallint NOT NULL,
  kinds          int NOT NULL,
  licensed_from  bigint NOT NULL,
  licensed_until bigint NOT NULL,
  -- 64 bits, as decimal text: a database bigint is signed
  licences       numeric(20) NOT NULL,
  identity_hash  hex,
  organiser      hex,
  region         int,
  successor      hex
);

CREATE TABLE account_key (
  id          hex PRIMARY KEY,
  account     hex NOT NULL,
  -- seconds since 1970, [valid_from, valid_until)
  valid_from  bigint NOT NULL,
  valid_until bigint NOT NULL
);
CREATE INDEX account_key_by_account ON account_key (account);

CREATE TABLE vocabulary (
  list      int NOT NULL,
  code      int NOT NULL,
  term_hash hex NOT NULL,
  active    boolean NOT NULL,
  PRIMARY KEY (list, code)
);

-- Read path: traceability -----------------------------------------------------------------------------------------

CREATE TABLE lot (
  -- in event order; never leaves the database
  no          int PRIMARY KEY,
  id          hex NOT NULL UNIQUE,
  custodian   hex NOT NULL,
  grams       bigint NOT NULL,
  seq         int NOT NULL,
  class       int NOT NULL,
  disposition smallint NOT NULL,
  flags       smallint NOT NULL
);

CREATE TABLE act (
  block       bigint NOT NULL,
  idx         int NOT NULL,
  digest      hex NOT NULL,
  kind        text NOT NULL,
  lot         hex NOT NULL,
  seq         int NOT NULL,
  giver       hex NOT NULL,
  receiver    hex NOT NULL,
  grams       bigint NOT NULL,
  captured_at bigint NOT NULL,
  flags       smallint NOT NULL,
  anchor      hex NOT NULL,
  evidence    hex NOT NULL,
  tx          hex NOT NULL,
  PRIMARY KEY (block, idx)
);
CREATE UNIQUE INDEX act_by_digest ON act (digest);
CREATE INDEX act_by_lot ON act (lot, seq);

CREATE TABLE edge (
  child  int NOT NULL,
  parent int NOT NULL,
  grams  bigint NOT NULL,
  PRIMARY KEY (child, parent)
);
CREATE INDEX edge_by_parent ON edge (parent, child);
