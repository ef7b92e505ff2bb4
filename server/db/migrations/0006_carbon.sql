-- Methodologies, projects, reports and what verifiers stated of them; batches, blocks and retirements. Amounts in kg CO2e.

CREATE TABLE methodology (
  id         bigint PRIMARY KEY,
  document   hex NOT NULL,
  scope      int NOT NULL,
  quorum     int NOT NULL,
  buffer_bps int NOT NULL
);

CREATE TABLE project (
  id          bigint PRIMARY KEY,
  proponent   hex NOT NULL,
  methodology bigint NOT NULL,
  measurer    hex NOT NULL,
  document    hex NOT NULL,
  block       bigint NOT NULL,
  tx          hex NOT NULL
);

CREATE TABLE boundary (
  id       hex PRIMARY KEY,
  project  bigint NOT NULL,
  -- last day for which credits were issued, in days since 1970; 0 before
  last_day int NOT NULL
);
CREATE INDEX boundary_by_project ON boundary (project);

CREATE TABLE project_share (
  project bigint NOT NULL,
  account hex NOT NULL,
  -- of its proceeds, in 1/10,000
  bps     int NOT NULL,
  PRIMARY KEY (project, account)
);

CREATE TABLE report (
  id            hex PRIMARY KEY,
  project       bigint NOT NULL,
  measurer      hex NOT NULL,
  boundary      hex NOT NULL,
  from_day      int NOT NULL,
  to_day        int NOT NULL,
  claimed_kg    bigint NOT NULL,
  document      hex NOT NULL,
  -- the least that was attested; NULL before the first statement
  least_kg      bigint,
  verifications int NOT NULL,
  issued_kg     bigint NOT NULL,
  -- NULL until it is issued
  issuer        hex,
  block         bigint NOT NULL,
  tx            hex NOT NULL
);
CREATE INDEX report_by_project ON report (project);

CREATE TABLE verification (
  report      hex NOT NULL,
  verifier    hex NOT NULL,
  digest      hex NOT NULL UNIQUE,
  attested_kg bigint NOT NULL,
  statement   hex NOT NULL,
  signed_at   bigint NOT NULL,
  block       bigint NOT NULL,
  tx          hex NOT NULL,
  PRIMARY KEY (report, verifier)
);

CREATE TABLE batch (
  id           bigint PRIMARY KEY,
  project      bigint NOT NULL,
  report       hex NOT NULL,
  vintage      int NOT NULL,
  scope        int NOT NULL,
  issued_kg    bigint NOT NULL,
  retired_kg   bigint NOT NULL,
  cancelled_kg bigint NOT NULL,
  exported_kg  bigint NOT NULL
);
CREATE INDEX batch_by_report ON batch (report);

-- The block of serials first … first + kg − 1. Its token id is batch << 128 | first.
CREATE TABLE credit_block (
  batch        bigint NOT NULL,
  first        bigint NOT NULL,
  kg           bigint NOT NULL,
  holder       hex NOT NULL,
  -- 0 live, 1 retired, 2 cancelled, 3 exported
  disposition  smallint NOT NULL,
  locks        smallint NOT NULL,
  -- 0 unless retired
  retirement   bigint NOT NULL,
  -- what it is dedicated to, or 0
  purpose      int NOT NULL,
  -- the block that it was split from; NULL for one that was issued
  parent_first bigint,
  PRIMARY KEY (batch, first)
);
CREATE INDEX credit_block_by_holder ON credit_block (holder);

-- What happened to a block, as the events tell it.
CREATE TABLE block_event (
  block   bigint NOT NULL,
  idx     int NOT NULL,
  -- of several blocks in one event
  pos     int NOT NULL,
  kind    text NOT NULL
    CHECK (kind IN ('issued', 'split', 'moved', 'locks', 'dedicated', 'retired', 'cancelled', 'exported')),
  batch   bigint NOT NULL,
  first   bigint NOT NULL,
  kg      bigint NOT NULL,
  giver   hex,
  holder  hex NOT NULL,
  set_locks     smallint NOT NULL,
  cleared_locks smallint NOT NULL,
  -- report, decision, document or record that it rests on
  basis   hex,
  at      bigint NOT NULL,
  tx      hex NOT NULL,
  PRIMARY KEY (block, idx, pos)
);
CREATE INDEX block_event_by_block ON block_event (batch, first);

CREATE TABLE retirement (
  id          bigint PRIMARY KEY,
  holder      hex NOT NULL,
  beneficiary hex NOT NULL,
  purpose     int NOT NULL,
  from_month  int NOT NULL,
  to_month    int NOT NULL,
  country     int NOT NULL,
  document    hex NOT NULL,
  record      hex NOT NULL,
  -- of the document that supersedes or comments it; NULL before
  note        hex,
  -- seconds since 1970, of the block
  at          bigint NOT NULL,
  block       bigint NOT NULL,
  tx          hex NOT NULL
);

CREATE TABLE retirement_block (
  retirement bigint NOT NULL,
  pos        int NOT NULL,
  batch      bigint NOT NULL,
  first      bigint NOT NULL,
  kg         bigint NOT NULL,
  PRIMARY KEY (retirement, pos)
);

-- Which purposes go with a claim scope: bit p for purpose p, as decimal text.
CREATE TABLE scope_purposes (
  scope    int PRIMARY KEY,
  purposes numeric(78) NOT NULL
);
