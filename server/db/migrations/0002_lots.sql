-- Lots whole: title, what made and what ended a lot, all kinds of acts, auditors' rulings, single licences.
-- What stood in these tables is written again from the stored logs: the projections' versions were raised.
TRUNCATE edge, act, lot;

ALTER TABLE lot
  -- who has title: the custodian, unless the lot is bailed
  ADD COLUMN owner    hex NOT NULL,
  -- digest of the collect, split or transform that made it
  ADD COLUMN made_by  hex NOT NULL,
  -- digest of the act that consumed it; NULL while it is open, and for a lot that an auditor declared void
  ADD COLUMN ended_by hex;
-- what an account has in stock
CREATE INDEX lot_open_by_custodian ON lot (custodian) WHERE disposition = 0;

ALTER TABLE act
  -- of a handoff, as its giver declared and its receiver accepted them; NULL for other kinds
  ADD COLUMN declared_grams bigint,
  ADD COLUMN accepted_grams bigint,
  -- grams that left the ledger by it
  ADD COLUMN loss_grams     bigint NOT NULL,
  -- the process of a transform, the loss kind of a conclusion, the bailment byte of a handoff
  ADD COLUMN code           int NOT NULL DEFAULT 0,
  ADD CONSTRAINT act_kind CHECK (kind IN ('collect', 'handoff', 'split', 'transform', 'conclude', 'pass-title'));

-- Auditors' decisions on lots. They are no acts: a lot's seq stays as it is.
CREATE TABLE ruling (
  block         bigint NOT NULL,
  idx           int NOT NULL,
  lot           hex NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('flags', 'void')),
  set_flags     smallint NOT NULL,
  cleared_flags smallint NOT NULL,
  -- that left the ledger by it
  grams         bigint NOT NULL,
  -- NULL for a ruling on flags: its event names none, whoever sent the transaction ruled
  auditor       hex,
  -- hash of the reasoned decision
  basis         hex NOT NULL,
  tx            hex NOT NULL,
  PRIMARY KEY (block, idx)
);
CREATE INDEX ruling_by_lot ON ruling (lot);

CREATE TABLE licence (
  account        hex NOT NULL,
  kind           int NOT NULL,
  -- seconds since 1970, [valid_from, valid_until)
  valid_from     bigint NOT NULL,
  valid_until    bigint NOT NULL,
  -- 64 bits, as decimal text: a database bigint is signed
  capacity_grams numeric(20) NOT NULL,
  document       hex NOT NULL,
  PRIMARY KEY (account, kind)
);
