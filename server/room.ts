/**
 * Room on the home's disk. Below a reserve nothing new is accepted: what was accepted is still carried to its end, and
 * everything can be read, for the database and the journal never come to a disk that is full.
 */
import { statfs } from "node:fs/promises";
import type { Log } from "./log.ts";

export interface Room {
  /** why nothing new is stored, in words; `undefined` while there is room */
  shortage(): string | undefined;
  stop(): void;
}

const LOOK_EVERY_MS = 500;

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)} MB`;

/**
 * Looks at the disk twice a second.
 * @param folder any that is on the disk
 * @param reserveBytes what is kept free
 */
export async function watchRoom(deps: { folder: string; reserveBytes: number; log: Log }): Promise<Room> {
  const { folder, reserveBytes, log } = deps;
  let shortage: string | undefined;

  async function look(): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const before = shortage;
    shortage =
      free <= reserveBytes
        ? `the disk of the server's home has ${megabytes(free)} left, and ${megabytes(reserveBytes)} are kept free`
        : undefined;
    if (shortage !== undefined && before === undefined) log.error(`Nothing new is accepted: ${shortage}.`);
    if (shortage === undefined && before !== undefined) log.info("there is room on the disk again");
  }

  await look();
  // a disk that does not even say how full it is shows in whatever writes to it
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS).unref();
  return { shortage: () => shortage, stop: () => clearInterval(timer) };
}
