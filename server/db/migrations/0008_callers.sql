-- Who calls: keys of machines, and the names that they give their requests.

-- A key stands for one account. It is kept as its sha256 only, and shown once, when it is issued.
CREATE TABLE api_key (
  -- begins with the time it was drawn at, so that ids sort by it
  id         text COLLATE "C" PRIMARY KEY,
  hash       hex NOT NULL,
  label      text NOT NULL,
  account    hex NOT NULL,
  -- seconds since 1970; it opens nothing from expires_at or revoked_at on
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revoked_at bigint,
  -- the administrator's key that issued it
  created_by hex NOT NULL
);

-- What this server signed for whoever named the request so: stored with what it signed, or not at all.
CREATE TABLE idempotency (
  -- the key that signed
  party      hex NOT NULL,
  key        text COLLATE "C" NOT NULL,
  -- of method, path and body
  body_hash  hex NOT NULL,
  -- the transaction that was signed, of several the first
  digest     hex NOT NULL,
  -- what was answered, as JSON
  answer     text NOT NULL,
  PRIMARY KEY (party, key)
);
