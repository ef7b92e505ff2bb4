/** Documents as files of one folder, each under its CID; SERVER.md "Write path" says why in this order. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem, Refusal } from "../errors.ts";
import { buildDag, checked, nameOf, parseCid } from "./dag.ts";
import type { Documents } from "./port.ts";

/** How the name of a file begins that is still being written: no CID does. */
const UNFINISHED = ".new-";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** Documents in a folder of this machine, made if it is not there. @throws Refusal where it cannot be used */
export async function openFiles(folder: string): Promise<Documents> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // whoever was writing one of these is gone: a home has one process
    const left = (await readdir(folder)).filter((name) => name.startsWith(UNFINISHED));
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
    await syncFolder(join(folder, ".."));
  } catch (error) {
    throw new Refusal(`The folder ${folder} cannot be used for documents (${codeOf(error) ?? String(error)}).`, {
      cause: error,
    });
  }
  return {
    async put(bytes) {
      const dag = await buildDag(bytes);
      const path = join(folder, dag.root.toString());
      try {
        if (!(await holds(path, bytes))) await write(folder, path, bytes);
        // also where the file was there: whoever put it there a moment ago may not have come to this
        await syncFolder(folder);
      } catch (error) {
        throw new Problem("not-writable", `the document could not be written (${codeOf(error) ?? String(error)})`);
      }
      return nameOf(dag, bytes);
    },
    async get(text) {
      const cid = parseCid(text);
      const bytes = await readIfThere(join(folder, cid.toString()));
      return bytes && checked(cid, bytes);
    },
    close: () => Promise.resolve(),
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Problem("document-damaged", `the file cannot be read (${codeOf(error) ?? String(error)})`);
  }
}

/** Whether the file has these very bytes; one that cannot be read does not, and is written anew. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const there = await readIfThere(path).catch(() => undefined);
  return there !== undefined && Buffer.compare(there, bytes) === 0;
}

/** Writes a file that appears whole or not at all. */
async function write(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(folder, `${UNFINISHED}${randomUUID()}`);
  try {
    const file = await open(unfinished, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Sends a folder's list of names to the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
