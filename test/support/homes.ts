/** Homes for whole-stack tests: one is made with its register filled, and copied. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openKeyFile } from "../../server/chain/keyFile.ts";
import { createSigner } from "../../server/chain/transactions.ts";
import { settings } from "../../server/config.ts";
import { createApi, eachOf, type Api, type Ledger } from "../../scripts/demo/client.ts";
import { createCast, registrySigner, type Cast } from "../../scripts/demo/keys.ts";
import { pointPeople } from "../../scripts/demo/scenario/people.ts";
import { establish } from "../../scripts/demo/registry.ts";
import { signedCollects, type SignedItem } from "../../scripts/bench/acts.ts";
import { copiedBy, copyFolder, copyPglite } from "./databases.ts";
import { startServer } from "./server.ts";

export interface PreparedHome {
  folder: string;
  cast: Cast;
  /** the same acts for everybody who asks for the same numbers */
  acts(from: number, count: number): SignedItem[];
  /** a copy of the home, as it was prepared */
  copy(): Promise<string>;
  remove(): Promise<void>;
}

/** The API of a server that stays where it is. */
export const apiAt = (url: string): Api => createApi({ url: () => url, attach: () => Promise.resolve() });

/** What a server makes a home of, and who stands in its register. */
const MAKERS = ["server", "scripts/demo", "scripts/registry", "typechain-types", "package-lock.json"];

/** Deploys into a fresh home and registers the demo's people; the server is stopped again. */
async function makeHome(folder: string): Promise<void> {
  const home = join(folder, "home");
  await copyPglite(join(home, "db"));
  const server = await startServer(home);
  const api = apiAt(server.url);
  const ledger = await api.ledger();
  const cast = createCast(ledger, pointPeople(10));
  const { admin } = await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, true);
  await establish({
    api,
    ledger,
    cast,
    registry: registrySigner(),
    admin: () => Promise.resolve(createSigner(admin!)),
    progress: () => undefined,
  });
  await server.stop();
  await writeFile(join(folder, "ledger.json"), JSON.stringify(ledger));
}

let template: Promise<string> | undefined;

/** Copies a home with its register filled, so that every copy shares chain id and authority. */
export async function copyHome(folder: string): Promise<Pick<PreparedHome, "cast" | "acts">> {
  const from = await (template ??= copiedBy("home", MAKERS, makeHome));
  copyFolder(join(from, "home"), folder);
  const ledger = JSON.parse(await readFile(join(from, "ledger.json"), "utf8")) as Ledger;
  const cast = createCast(ledger, pointPeople(10));
  return { cast, acts: (from, count) => signedCollects(ledger, cast, from, count) };
}

/** A home with its register filled, and as many copies of it as a test needs. */
export async function prepareHome(): Promise<PreparedHome> {
  const root = await mkdtemp(join(tmpdir(), "tidemark-flow-"));
  const folder = join(root, "base");
  const known = await copyHome(folder);
  let copies = 0;
  return {
    folder,
    ...known,
    async copy() {
      const target = join(root, `copy-${copies++}`);
      copyFolder(folder, target);
      return target;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Waits until every one of the acts is `final`. @throws naming the first that ends otherwise, or is unknown */
export async function allFinal(api: Api, acts: readonly SignedItem[]): Promise<void> {
  await eachOf(acts, 4, async ({ digest }) => {
    for (;;) {
      const view = await api.request(digest);
      if (view?.state === "final") return;
      if (!view || ["skipped", "rejected", "expired"].includes(view.state)) {
        throw new Error(`act ${digest} is ${view?.state ?? "unknown"} ${view?.reason?.en ?? ""}`);
      }
      await sleep(25);
    }
  });
}
