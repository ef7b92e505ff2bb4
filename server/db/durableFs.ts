/**
 * PGlite on disk as PostgreSQL means it: PGlite starts it with `fsync` off, on a file system whose fsync does nothing,
 * so a power cut could lose what was confirmed. Here `fsync` is on, reaches the disk, and each write of the log is
 * synchronous (O_DSYNC), because the build's fdatasync is empty. Checked against PGlite 0.5.14: the version is pinned.
 */
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
  override async init(...[pglite, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const passFsyncOn = (module: PGlite["Module"]): void => {
      const host = (module.FS as unknown as { filesystems: { NODEFS: HostFiles } }).filesystems.NODEFS;
      host.stream_ops.fsync = ({ nfd }) =>
        host.tryFSOperation(() => {
          fs.fsyncSync(nfd);
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
  // the recycled log of a small database need not fill a gigabyte
  ...["min_wal_size=32MB", "max_wal_size=128MB"].flatMap((setting) => ["-c", setting]),
];

/** Opens the database in a folder of this machine, making it if it is not there. `say` gets PostgreSQL's own log. */
export function openDurable(folder: string, say: (line: string) => void): Promise<PGlite> {
  const onStderr = (line: string): boolean => {
    say(line);
    return false;
  };
  return PGlite.create({ dataDir: folder, fs: new DurableFs(folder), startParams, onStderr });
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
