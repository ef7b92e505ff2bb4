/** What every verb works with: the server it speaks to, and the keys that sign for offices. No key is ever an argument. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SigningKey } from "ethers";
import { openKeyFile } from "../../server/chain/keyFile.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import { readConfig, type Config } from "../../server/config.ts";
import { Refusal } from "../../server/errors.ts";
import { readHolder } from "../../server/home.ts";
import { createApi, type Api, type Ledger, type Link } from "../demo/client.ts";
import type { ActKey } from "../demo/keys.ts";
import type { Screen } from "../demo/screen.ts";

/** Who signs transactions, and the same key as it logs in. */
export interface Officer extends Signer {
  key: ActKey;
}

export interface Desk {
  api: Api;
  url(): string;
  ledger(): Promise<Ledger>;
  /** The key that holds a role here. @throws Refusal where there is none, or it does not hold the role */
  officer(office: Office): Promise<Officer>;
  /** The key set for an office, whether it holds the role or not: for what anybody may do. */
  anyone(office: Office): Promise<Officer>;
  /** where progress is shown; `undefined` where the answer is to be one JSON document */
  screen: Screen | undefined;
}

const offices = {
  ADMIN: ["TIDEMARK_ADMIN_KEY", "adminKey"],
  REGISTRY: ["TIDEMARK_REGISTRY_KEY", "registryKey"],
  ISSUER: ["TIDEMARK_ISSUER_KEY", "issuerKey"],
  ALLOCATOR: ["TIDEMARK_ALLOCATOR_KEY", "allocatorKey"],
} as const satisfies Record<string, [variable: string, setting: keyof Config]>;

export type Office = keyof typeof offices;

const ANSWER_WITHIN_MS = 30_000;

/**
 * @param env the settings' variables
 * @param named URL of the server; without it the one that holds the home
 */
export async function openDesk(
  env: Record<string, string | undefined>,
  named: string | undefined,
  screen: Screen | undefined,
): Promise<Desk> {
  const config = readConfig(env);
  const link = await linkTo(named, config.home);
  await refuseSilence(link.url());
  const api = createApi(link);
  const anyone = async (office: Office): Promise<Officer> => officerOf((await keyOf(config, office)).secret);
  return {
    api,
    url: () => link.url(),
    ledger: () => api.ledger(),
    screen,
    anyone,
    async officer(office) {
      const { secret, own } = await keyOf(config, office);
      const officer = officerOf(secret);
      await refuseStrangers(api, office, officer, own);
      return officer;
    },
  };
}

/** The server that was named, or the one that holds the home, also after it was started again elsewhere. */
async function linkTo(named: string | undefined, home: string): Promise<Link> {
  let url = named;
  const attach = async (): Promise<void> => {
    if (named === undefined) url = (await readHolder(home))?.url ?? url;
  };
  await attach();
  if (url === undefined) {
    throw new Refusal(
      `No server holds ${home}. Start it with npm start, set TIDEMARK_HOME, or name one with --api URL.`,
    );
  }
  return { url: () => url ?? "", attach };
}

/** Asked once, and at once: what is asked later is asked for a minute. */
async function refuseSilence(url: string): Promise<void> {
  try {
    await fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch {
    throw new Refusal(`Nobody answers at ${url}. Start the server there, or name another one with --api URL.`);
  }
}

/** @returns `own`: it is the home's own key, since none was set */
async function keyOf(config: Config, office: Office): Promise<{ secret: Hex; own: boolean }> {
  const [variable, setting] = offices[office];
  const text = config[setting];
  if (text === undefined) return { secret: await ownKey(config, office), own: true };
  // checked here, since a library would repeat the key in its error
  if (!/^0x[0-9a-f]{64}$/i.test(text)) {
    throw new Refusal(`${variable} is not a private key: it must be 0x and 64 hex digits.`);
  }
  return { secret: text.toLowerCase() as Hex, own: false };
}

/** The admin key of a home on the embedded chain, from its key file. */
async function ownKey(config: Config, office: Office): Promise<Hex> {
  const embedded = config.rpcUrls.length === 0 && existsSync(join(config.home, "keys.jwe"));
  const admin = embedded ? (await openKeyFile(config.home, config.passphrase, false)).admin : undefined;
  if (admin) return admin;
  throw new Refusal(
    `${offices[office][0]} is not set: the private key of a holder of the role ${office}, 0x and 64 hex digits. It is read from the environment only.`,
  );
}

function officerOf(secret: Hex): Officer {
  const signer = createSigner(secret);
  const sign = (digest: Uint8Array): Hex => new SigningKey(secret).sign(digest).compactSerialized as Hex;
  return { ...signer, key: { address: signer.address, sign } };
}

/** The key must be one that the ledger obeys: asked before anything is read or sent. */
async function refuseStrangers(api: Api, office: Office, { address }: Signer, own: boolean): Promise<void> {
  const { roles } = await api.sender(address);
  if (roles.includes(office)) return;
  const [variable] = offices[office];
  const which = own
    ? `${variable} is not set, and the home's own key (${address})`
    : `The key in ${variable} (${address})`;
  const grant = `have the admin grant it the role: npm run tidemark -- roles grant ${office} ${address}`;
  throw new Refusal(
    `${which} does not hold the role ${office} here. Set ${variable} to a key that does, or ${office === "ADMIN" ? "ask who administers this ledger" : grant}.`,
  );
}
