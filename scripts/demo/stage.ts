/** What the parts of the demo are played with: a screen, the API, the people. */
import { openKeyFile } from "../../server/chain/keyFile.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner, type Signer } from "../../server/chain/transactions.ts";
import type { Config } from "../../server/config.ts";
import { Refusal } from "../../server/errors.ts";
import type { Api, Ledger } from "./client.ts";
import type { Cast } from "./keys.ts";
import { count, type Screen } from "./screen.ts";

export interface Stage {
  config: Config;
  screen: Screen;
  api: Api;
  ledger: Ledger;
  cast: Cast;
}

export const of = (done: number, total: number): string => `${count(done)} / ${count(total)}`;

/** A step over items: shows each one done; ends with the words that `after` makes of its result. */
export async function stepOver<T>(
  screen: Screen,
  [zh, en]: readonly [string, string],
  total: number,
  work: (progress: (done: number) => void) => Promise<T>,
  after: (result: T) => string,
): Promise<T> {
  const step = screen.step(zh, en);
  const result = await work((done) => step.update(done, total, of(done, total)));
  step.done(after(result));
  return result;
}

/** The key that may grant roles: the home's own on the embedded chain, the one in the settings on a network. */
export async function adminSigner(config: Config): Promise<Signer> {
  const embedded = config.rpcUrls.length === 0;
  const key = embedded ? (await openKeyFile(config.home, config.passphrase, false)).admin : config.adminKey;
  if (!key) {
    throw new Refusal(
      "The demo's registry key has no role yet, and there is no admin key to grant it. On a network set TIDEMARK_ADMIN_KEY.",
    );
  }
  return createSigner(key as Hex);
}
