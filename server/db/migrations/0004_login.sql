-- Numbers that a login signs, each good for one; a row is gone once it was used or is too old.
CREATE TABLE login_nonce (
  nonce      text PRIMARY KEY,
  -- seconds since 1970
  expires_at bigint NOT NULL
);
CREATE INDEX login_nonce_by_expiry ON login_nonce (expires_at);
