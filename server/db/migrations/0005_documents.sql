-- Documents on record. A row comes after its bytes are durable in the document store, so none names bytes that never were.
CREATE TABLE document (
  -- CIDv1 in base32, under the profile unixfs-v1-2025
  cid         text COLLATE "C" PRIMARY KEY,
  -- of all its bytes: one-to-one with the CID, and what contracts hold
  sha256      hex NOT NULL UNIQUE,
  bytes       bigint NOT NULL CHECK (bytes > 0),
  media_type  text NOT NULL,
  -- the key that uploaded it first, or the account for which the server did
  uploaded_by hex NOT NULL,
  -- seconds since 1970
  uploaded_at bigint NOT NULL
);
