/**
 * Who calls: a short token (JWT, EdDSA) that names a key, or an API key that stands for an account. What either may do is
 * read anew at every request.
 */
import { SignJWT, importJWK, jwtVerify, type JWK } from "jose";
import { accountOfApiKey, API_KEY_PREFIX } from "../access/apiKeys.ts";
import { rolesOf } from "../access/authority.ts";
import { readAccountsOfKey } from "../access/queries.ts";
import type { Chain, Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import type { Caller } from "../route.ts";

export const TOKEN_SECONDS = 15 * 60;

export interface Sessions {
  /** A token for whoever has shown that they hold the key. */
  open(key: Hex): Promise<string>;
  /**
   * Who sent a request.
   * @param authorization its `Authorization` header
   * @throws Problem `login-needed` without a token or an API key that holds, `not-ready` while the chain cannot tell of
   * roles
   */
  callerOf(authorization: string | undefined): Promise<Caller>;
}

export interface SessionDeps {
  db: Db;
  chain: Chain;
  /** address of the AccessManager */
  manager: Hex;
  chainId: number;
  /** Ed25519 private key, used for nothing else */
  key: JWK;
  /** this server's public address: the token's audience */
  origin: () => string;
}

function tokenOf(authorization: string | undefined): string {
  const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw new Problem("login-needed", "there is no bearer token in Authorization");
  return token;
}

/** Tokens that this server signs, and reads again. */
export async function createSessions({ db, chain, manager, chainId, key, origin }: SessionDeps): Promise<Sessions> {
  const publicHalf: JWK = { ...key };
  delete publicHalf.d;
  const [signs, verifies] = await Promise.all([importJWK(key, "EdDSA"), importJWK(publicHalf, "EdDSA")]);
  const issuer = `urn:tidemark:${chainId}:${manager}`;

  async function keyOf(token: string): Promise<Hex> {
    try {
      const expected = { algorithms: ["EdDSA"], issuer, audience: origin(), requiredClaims: ["exp", "sub"] };
      const { payload } = await jwtVerify(token, verifies, expected);
      return payload.sub as Hex;
    } catch (error) {
      throw new Problem("login-needed", error instanceof Error ? error.message : "the token does not hold");
    }
  }

  return {
    open: (subject) =>
      new SignJWT()
        .setProtectedHeader({ alg: "EdDSA", ...(key.kid === undefined ? {} : { kid: key.kid }) })
        .setSubject(subject)
        .setIssuer(issuer)
        .setAudience(origin())
        .setIssuedAt()
        .setExpirationTime(`${TOKEN_SECONDS} s`)
        .sign(signs),
    async callerOf(authorization) {
      const token = tokenOf(authorization);
      const now = Math.floor(Date.now() / 1_000);
      if (token.startsWith(API_KEY_PREFIX)) {
        const account = await accountOfApiKey(db.sql, token, now);
        return { key: account, accounts: [account], roles: [] };
      }
      const caller = await keyOf(token);
      if (!chain.status().ready) throw new Problem("not-ready", chain.status().phase);
      const [accounts, roles] = await Promise.all([
        readAccountsOfKey(db.sql, caller, now),
        rolesOf(chain, manager, caller),
      ]);
      return { key: caller, accounts, roles };
    },
  };
}
