/** Starting over: empties a home, and nothing that is not one. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../server/errors.ts";
import { openHome, readHolder } from "../../server/home.ts";

/** Everything that Tidemark writes into a home; anything else in the folder is somebody's own. */
const ours = [
  "keys.jwe",
  "keys.jwe.new",
  "deployment.json",
  "deployment.json.new",
  "journal",
  "db",
  "lock",
  "documents",
  "server.log",
];

/** @throws Refusal where a process holds the home, it belongs to a network, or the folder holds anything else */
export async function emptyHome(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const foreign = readdirSync(folder).filter((name) => !ours.includes(name));
  if (foreign.length > 0) {
    throw new Refusal(
      `${folder} is no Tidemark home: it also holds ${foreign.slice(0, 3).join(", ")}. Nothing was deleted. Set TIDEMARK_HOME to a folder of its own.`,
    );
  }
  // the record of what stands on a network is kept nowhere else
  if (existsSync(join(folder, "deployment.json")) && !existsSync(join(folder, "journal"))) {
    throw new Refusal(
      `${folder} belongs to a network: its key file and deployment record cannot be had again, so --fresh leaves it. Set TIDEMARK_HOME to another folder.`,
    );
  }
  const holder = await readHolder(folder);
  if (holder) {
    throw new Refusal(
      `Process ${holder.pid} holds ${folder}, so it cannot be emptied. Stop it (kill ${holder.pid}), then run this again.`,
    );
  }
  // held while it is emptied, so that no server starts on half of it
  const home = await openHome(folder);
  for (const name of readdirSync(folder)) {
    if (name !== "lock") rmSync(join(folder, name), { recursive: true });
  }
  await home.release();
}
