/** What lasts: the home with its keys, the database, the documents. */
import { join } from "node:path";
import { createLibrary } from "../api/library.ts";
import { openKeyFile, type Keys } from "../chain/keyFile.ts";
import type { Config } from "../config.ts";
import { migrate } from "../db/migrate.ts";
import { openDb } from "../db/open.ts";
import type { Db } from "../db/port.ts";
import { openDocuments } from "../documents/open.ts";
import type { Library } from "../documents/port.ts";
import { openHome, type Home } from "../home.ts";
import type { Log } from "../log.ts";
import { watchRoom, type Room } from "../room.ts";
import type { Stops } from "./stops.ts";

export interface Storage {
  home: Home;
  /** of the disk under it */
  room: Room;
  keys: Keys;
  db: Db;
  library: Library;
}

/** Opens all of it. @throws Refusal where a part cannot be used */
export async function openStorage(config: Config, log: Log, stops: Stops): Promise<Storage> {
  const home = await openHome(config.home);
  stops.add("home", () => home.release());
  const room = await watchRoom({ folder: config.home, reserveBytes: config.diskReserveBytes, log });
  stops.add("watch on the disk", () => Promise.resolve(room.stop()));
  const keys = await openKeyFile(config.home, config.passphrase, config.rpcUrls.length === 0);
  const db = await openDb({ url: config.databaseUrl, folder: join(config.home, "db") });
  stops.add("database", () => db.close());
  await migrate(db);
  const documents = await openDocuments({ url: config.kuboUrl, folder: join(config.home, "documents") });
  stops.add("documents", () => documents.close());
  return { home, room, keys, db, library: createLibrary({ db, documents }) };
}
