-- Indexes that only readers use, put off while a new database is filled from a long chain: what it takes to make them.
CREATE TABLE put_off_index (
  name       text PRIMARY KEY,
  definition text NOT NULL
);
