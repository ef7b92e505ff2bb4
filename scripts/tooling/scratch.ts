/** Where tests keep what they throw away: in memory where there is room, since waiting for a disk to sync tests nothing. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** Memory that a run of all tests may need for files, in bytes: homes and databases of two suites at a time. */
const NEEDED_BYTES = 4 * 2 ** 30;

const inMemory = "/dev/shm";
const prefix = "tidemark-test-";

/**
 * A new folder for temporary files in memory, removed when this process ends.
 * @returns `undefined` where the machine has no such place, or too little of it: the disk's own is used then
 */
export function scratchFolder(): string | undefined {
  let folder: string;
  try {
    sweep();
    const { bavail, bsize } = statfsSync(inMemory);
    if (bavail * bsize < NEEDED_BYTES) return undefined;
    folder = mkdtempSync(join(inMemory, `${prefix}${process.pid}-`));
    // users that tests take on, such as PostgreSQL's, pass through to what is theirs
    chmodSync(folder, 0o711);
  } catch {
    return undefined;
  }
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Removes what processes left that were killed: it would fill the memory until the machine is started again. */
function sweep(): void {
  for (const name of readdirSync(inMemory)) {
    const [, pid] = /^tidemark-test-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(inMemory, name), { recursive: true, force: true });
  }
}
