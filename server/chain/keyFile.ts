/** The encrypted key file of a home: a JWE under a passphrase (PBES2, RFC 7518 §4.8), written whole or not at all. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { CompactEncrypt, compactDecrypt, type JWK } from "jose";
import { Refusal } from "../errors.ts";
import type { Hex } from "./port.ts";

export interface Keys {
  /** carries acts to the chain; holds no role */
  relayer: Hex;
  /** deploys and grants on the embedded chain only */
  admin?: Hex;
  /** Ed25519 keys that sign receipts, newest first; old ones stay so that old receipts verify */
  receipts: JWK[];
  /** Ed25519 key that signs the tokens of logins */
  login: JWK;
  /** keys of accounts, which sign for callers of these accounts; none holds a role in production */
  held: Hex[];
}

/** OWASP's figure for PBKDF2 with SHA-256 (2023). */
const ITERATIONS = 600_000;

async function seal(keys: Keys, passphrase: string): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(keys)))
    .setProtectedHeader({ alg: "PBES2-HS256+A128KW", enc: "A256GCM" })
    .setKeyManagementParameters({ p2c: ITERATIONS })
    .encrypt(Buffer.from(passphrase));
}

/** A file made before there were logins has no key for them, one made before keys were held has none. */
type StoredKeys = Omit<Keys, "login" | "held"> & Partial<Pick<Keys, "login" | "held">>;

async function unseal(path: string, passphrase: string): Promise<StoredKeys> {
  try {
    const { plaintext } = await compactDecrypt(readFileSync(path, "utf8"), Buffer.from(passphrase), {
      keyManagementAlgorithms: ["PBES2-HS256+A128KW"],
      maxPBES2Count: ITERATIONS,
    });
    return JSON.parse(Buffer.from(plaintext).toString("utf8")) as StoredKeys;
  } catch (cause) {
    throw new Refusal(
      `The key file ${path} does not open with this passphrase. Set TIDEMARK_PASSPHRASE to the one it was made with.`,
      { cause },
    );
  }
}

/** Writes a file so that after a crash it holds either what it held before or all of `text`. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** A fresh secp256k1 key. */
export function drawSecp256k1(): Hex {
  return `0x${randomBytes(32).toString("hex")}`;
}

/** A fresh Ed25519 key whose id is drawn with it. */
function drawEd25519(): JWK {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    ...(privateKey.export({ format: "jwk" }) as JWK),
    kid: randomBytes(8).toString("hex"),
    alg: "EdDSA",
    use: "sig",
  };
}

/**
 * Opens `keys.jwe` in the home, drawing it at random the first time.
 * @param withAdmin also draw an admin key: the embedded chain has no other
 * @throws Refusal when the passphrase is not the file's
 */
export async function openKeyFile(home: string, passphrase: string, withAdmin: boolean): Promise<Keys> {
  const path = join(home, "keys.jwe");
  if (existsSync(path)) {
    const { login, held = [], ...stored } = await unseal(path, passphrase);
    const keys = { ...stored, held, login: login ?? drawEd25519() };
    if (!login) writeWhole(path, await seal(keys, passphrase));
    return keys;
  }
  const keys: Keys = {
    relayer: drawSecp256k1(),
    ...(withAdmin ? { admin: drawSecp256k1() } : {}),
    receipts: [drawEd25519()],
    login: drawEd25519(),
    held: [],
  };
  writeWhole(path, await seal(keys, passphrase));
  return keys;
}

/** Writes the key file anew; whoever calls holds the home. */
export async function saveKeyFile(home: string, passphrase: string, keys: Keys): Promise<void> {
  writeWhole(join(home, "keys.jwe"), await seal(keys, passphrase));
}
