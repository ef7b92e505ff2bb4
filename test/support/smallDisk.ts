/** A disk of its own that can really be full: a file system in memory. Only root may mount one, and only on Linux. */
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  folder: string;
  /** Takes all of it but so many bytes. */
  fill(leavingBytes: number): void;
  /** Gives back what `fill` took. */
  free(): void;
  remove(): void;
}

/** @returns `undefined` where this user may not mount one */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tidemark-test", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill(leavingBytes) {
      const { bavail, bsize } = statfsSync(folder);
      const file = openSync(ballast, "a");
      const piece = Buffer.alloc(bsize);
      try {
        for (let left = bavail - Math.ceil(leavingBytes / bsize); left > 0; left--) writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        fsyncSync(file);
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
