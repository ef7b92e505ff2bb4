/** Login with a wallet (Sign in with Ethereum, EIP-4361): sign a text with a number drawn here, get a short token. */
import { randomBytes } from "node:crypto";
import { SiweMessage } from "@signinwithethereum/siwe";
import { z } from "zod";
import { personalSign } from "../chain/personalSign.ts";
import type { Hex } from "../chain/port.ts";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { route, type Route } from "../route.ts";
import { address, seconds } from "../wire.ts";
import { TOKEN_SECONDS, type Sessions } from "./session.ts";

const NONCE_SECONDS = 5 * 60;

export interface LoginDeps {
  db: Db;
  sessions: Sessions;
  chainId: number;
  /** this server's public address, e.g. https://tidemark.example */
  origin: () => string;
}

const nonceView = z.strictObject({
  nonce: z.string(),
  expiresAt: seconds.meta({ description: "seconds since 1970; the number is good for one login until then" }),
  domain: z.string(),
  uri: z.string(),
  chainId: z.int(),
  version: z.literal("1"),
});

const loginBody = z.strictObject({
  message: z.string().max(4_096).meta({ description: "the EIP-4361 text, as it was signed" }),
  signature: z.string().regex(/^0x[0-9a-fA-F]{128,130}$/, "must be 64 or 65 bytes of hex after 0x"),
});

const tokenView = z.strictObject({
  token: z.string().meta({ description: "send it as Authorization: Bearer …" }),
  expiresIn: z.int().meta({ description: "seconds" }),
  key: address,
});

const now = (): number => Math.floor(Date.now() / 1_000);

async function drawNonce(db: Db): Promise<{ nonce: string; expiresAt: number }> {
  const nonce = randomBytes(16).toString("hex");
  const expiresAt = now() + NONCE_SECONDS;
  await db.transaction(async (sql) => {
    await sql`DELETE FROM login_nonce WHERE expires_at <= ${now()}`;
    await sql`INSERT INTO login_nonce (nonce, expires_at) VALUES (${nonce}, ${expiresAt})`;
  });
  return { nonce, expiresAt };
}

/** Each number opens one login; the signature is judged before, so that nobody can use up another's number. */
async function takeNonce(db: Db, nonce: string): Promise<void> {
  const taken = await db.sql`DELETE FROM login_nonce WHERE nonce = ${nonce} AND expires_at > ${now()} RETURNING nonce`;
  if (taken.length === 0) throw new Problem("login-refused", "the nonce was not drawn here, was used, or is too old");
}

/** @throws Problem `login-refused` with what is wrong: form, domain, address, chain, times, or signature */
async function readMessage({ chainId, origin }: LoginDeps, text: string, signature: string): Promise<SiweMessage> {
  try {
    const message = new SiweMessage(text);
    const { host, protocol } = new URL(origin());
    const wanted = { signature, domain: host, uri: origin(), chainId, nonce: message.nonce };
    const scheme = message.scheme === undefined ? {} : { scheme: protocol.slice(0, -1) };
    await message.verify({ ...wanted, ...scheme }, { config: personalSign, strict: true });
    return message;
  } catch (error) {
    throw new Problem("login-refused", reasonOf(error));
  }
}

/** The library rejects with an Error, or with an answer that holds one. */
function reasonOf(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : (thrown as { error?: unknown }).error;
  return error instanceof Error ? error.message : "the message does not hold";
}

/** Drawing a nonce, and logging in with it. */
export function loginRoutes(deps: LoginDeps): Route[] {
  const { db, sessions, chainId, origin } = deps;
  return [
    route({
      method: "post",
      path: "/v1/login/nonce",
      access: "public",
      summary: "A number for one login, with the domain, address and chain that the signed text must name",
      answers: { 200: { description: "What goes into the EIP-4361 text", schema: nonceView } },
      problems: ["not-writable"],
      needsNoRoom: true,
      async handle() {
        const drawn = await drawNonce(db);
        const body = { ...drawn, domain: new URL(origin()).host, uri: origin(), chainId, version: "1" };
        return { status: 200, body, headers: { "cache-control": "no-store" } };
      },
    }),
    route({
      method: "post",
      path: "/v1/login",
      access: "public",
      summary: "Hand in the signed EIP-4361 text; the token names the key for 15 minutes",
      body: loginBody,
      answers: { 200: { description: "The token", schema: tokenView } },
      problems: ["login-refused", "not-writable"],
      needsNoRoom: true,
      async handle({ body }) {
        const message = await readMessage(deps, body.message, body.signature);
        await takeNonce(db, message.nonce);
        const key = message.address.toLowerCase() as Hex;
        const view = { token: await sessions.open(key), expiresIn: TOKEN_SECONDS, key };
        return { status: 200, body: view, headers: { "cache-control": "no-store" } };
      },
    }),
  ];
}
