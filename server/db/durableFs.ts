/**
 * PGlite on disk as PostgreSQL means it: PGlite starts it with `fsync` off, on a file system whose fsync does nothing,
 * so a power cut could lose what was confirmed. Here `fsync` is on, reaches the disk, and each write of the log is
 * synchronous (O_DSYNC), because the build's fdatasync is empty. Checked against PGlite 0.5.14: the version is pinned.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** What is needed of Emscripten's file system that stands for a folder of this machine. */
interface HostFiles {
  stream_ops: { fsync?: (stream: { nfd: number }) => number };
  /** Turns an error of node:fs into one that PostgreSQL understands. */
  tryFSOperation<T>(work: () => T): T;
}

type Init = NodeFS["init"];

class DurableFs extends NodeFS {
  /** The disk has every change that a file says it had before this, in its own file system's milliseconds. */
  settledBefore = -Infinity;

  override async init(...[pglite, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const passFsyncOn = (module: PGlite["Module"]): void => {
      const host = (module.FS as unknown as { filesystems: { NODEFS: HostFiles } }).filesystems.NODEFS;
      host.stream_ops.fsync = ({ nfd }) =>
        host.tryFSOperation(() => {
          if (fs.fstatSync(nfd).ctimeMs >= this.settledBefore) fs.fsyncSync(nfd);
          return 0;
        });
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), passFsyncOn] } };
  }
}

const startParams = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  ...["fsync=on", "wal_sync_method=open_datasync", "synchronous_commit=on", "full_page_writes=on"].flatMap(
    (setting) => ["-c", setting],
  ),
  // nobody replicates it: an index then goes to the disk once, and not through the log as well
  ...["wal_level=minimal", "max_wal_senders=0"].flatMap((setting) => ["-c", setting]),
  // a full log buffer goes out page by page, each with a sync of its own: room for a whole range of the index;
  // the recycled log of a small database need not fill a gigabyte
  ...["wal_buffers=32MB", "min_wal_size=32MB", "max_wal_size=128MB"].flatMap((setting) => ["-c", setting]),
];

/** Opens the database in a folder of this machine, making it if it is not there. `say` gets PostgreSQL's own log. */
export async function openDurable(folder: string, say: (line: string) => void): Promise<PGlite> {
  const onStderr = (line: string): boolean => {
    say(line);
    return false;
  };
  const files = new DurableFs(folder);
  files.settledBefore = settle(folder);
  const pglite = await PGlite.create({ dataDir: folder, fs: files, startParams, onStderr });
  files.settledBefore = -Infinity;
  return pglite;
}

/**
 * After a crash PostgreSQL first syncs each of its thousand files, twice, which takes seconds. Like its own
 * `recovery_init_sync_method=syncfs`, which this build lacks, one syncfs(2) does it for all files that have not changed
 * since. A probe's time marks the moment, for a file system may keep another clock than this process.
 * @returns that moment; before all time where nothing was synced
 */
function settle(folder: string): number {
  const stoppedCleanly = !fs.existsSync(join(folder, "postmaster.pid"));
  if (stoppedCleanly) return -Infinity;
  const probe = join(folder, ".probe");
  fs.writeFileSync(probe, "");
  const { ctimeMs } = fs.statSync(probe);
  fs.rmSync(probe);
  try {
    execFileSync("sync", ["-f", folder], { stdio: "ignore" });
    return ctimeMs;
  } catch {
    return -Infinity;
  }
}

/** Sends a folder with all that is in it to the disk: PGlite lays a new database out without any fsync. */
export function syncTree(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else syncPath(path);
  }
  syncPath(folder);
}

/** Sends one file, or a folder's own list of names, to the disk. */
export function syncPath(path: string): void {
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
