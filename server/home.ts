/**
 * The home directory and its lock: one process a home, whatever killed the one before.
 *
 * The holder is named in `lock/holder`, made by link(2), so that it appears whole or not at all. It stays after a
 * SIGKILL; a starter that finds its process dead may take over. Only who links `lock/claim-ID`, ID being the dead
 * holder's, may replace `holder`: one of many starters, for a name is linked once. A claimant that dies is followed
 * in turn (`claim-ID'`). A claim counts only if `holder` is still the one it was read from: claims are cleared away
 * after `holder` was replaced, never before. This sees processes of one machine and one container; two containers that
 * share a home do not see each other's.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { Refusal } from "./errors.ts";

/** The process that holds a home, and where its server listens, once it does. */
export interface Holder {
  pid: number;
  url?: string;
}

export interface Home {
  /** Tells everybody who reads the holder where the server listens. */
  publish(url: string): Promise<void>;
  /** Gives the home back; a home never given back is free as soon as its process has ended. */
  release(): Promise<void>;
}

/** What `lock/holder` and the claims contain. */
interface Entry extends Holder {
  id: string;
  /** when the process started, for another one may get its pid later; absent where this machine does not say */
  started?: string;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/**
 * Takes the home for this process, making the folder (for this user only) if it is not there.
 * @throws Refusal naming the process that holds it, or what is wrong with the folder
 */
export async function openHome(folder: string): Promise<Home> {
  const lock = join(folder, "lock");
  const started = startedOf(process.pid);
  const own: Entry = {
    id: `${process.pid}-${randomUUID()}`,
    pid: process.pid,
    ...(started === undefined ? {} : { started }),
  };
  try {
    fs.mkdirSync(lock, { recursive: true, mode: 0o700 });
    try {
      write(lock, own);
      take(folder, lock, own);
    } finally {
      fs.rmSync(join(lock, `${own.id}.new`), { force: true });
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(folderSentence(folder, error), { cause: error });
  }
  let held = true;
  return {
    async publish(url) {
      if (!held) return;
      write(lock, { ...own, url });
      fs.renameSync(join(lock, `${own.id}.new`), join(lock, "holder"));
    },
    async release() {
      if (held && read(join(lock, "holder"))?.id === own.id) fs.rmSync(join(lock, "holder"));
      held = false;
    },
  };
}

/** Who holds the home now: `undefined` where nobody does, or only a process that has ended. */
export async function readHolder(folder: string): Promise<Holder | undefined> {
  const entry = read(join(folder, "lock", "holder"));
  if (!entry || !alive(entry)) return undefined;
  return { pid: entry.pid, ...(entry.url === undefined ? {} : { url: entry.url }) };
}

/** Makes `own` the holder, or refuses. `ID.new` holds its entry already. */
function take(folder: string, lock: string, own: Entry): void {
  const holder = join(lock, "holder");
  for (;;) {
    if (link(lock, own, "holder")) break;
    const first = read(holder);
    if (!first) continue;
    let last = first;
    for (let next = read(claim(lock, last)); next; next = read(claim(lock, last))) last = next;
    if (alive(last)) throw new Refusal(heldSentence(folder, last));
    if (!link(lock, own, `claim-${last.id}`)) continue;
    if (read(holder)?.id === first.id) {
      fs.renameSync(join(lock, `${own.id}.new`), holder);
      break;
    }
    fs.rmSync(claim(lock, last), { force: true });
  }
  for (const name of fs.readdirSync(lock)) if (isLeft(name)) fs.rmSync(join(lock, name), { force: true });
}

const claim = (lock: string, dead: Entry): string => join(lock, `claim-${dead.id}`);

/** Whether the name is an earlier starter's: a claim on a holder replaced since, or the entry of a process that ended. */
function isLeft(name: string): boolean {
  return name.startsWith("claim-") || (name.endsWith(".new") && !runs(Number(name.split("-")[0])));
}

/** Writes `ID.new`, through to the disk, so that no power cut leaves an empty holder. */
function write(lock: string, entry: Entry): void {
  const file = fs.openSync(join(lock, `${entry.id}.new`), "w", 0o600);
  try {
    fs.writeSync(file, JSON.stringify(entry));
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Gives the entry written a further name, unless that name is taken. */
function link(lock: string, own: Entry, name: string): boolean {
  try {
    fs.linkSync(join(lock, `${own.id}.new`), join(lock, name));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** @throws Refusal if the file is not one of ours; deleting it is a person's decision */
function read(path: string): Entry | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return undefined;
    throw new Refusal(
      `${path} cannot be read (${code ?? "unknown error"}): it belongs to another user. Run as that user, or set TIDEMARK_HOME to a folder of your own.`,
      { cause: error },
    );
  }
  try {
    return JSON.parse(text) as Entry;
  } catch (error) {
    throw new Refusal(`${path} is damaged. If no Tidemark server runs on this home, delete it.`, { cause: error });
  }
}

/** Whether the very process that wrote the entry still runs. */
function alive({ pid, started }: Entry): boolean {
  if (!runs(pid)) return false;
  const now = startedOf(pid);
  return started === undefined || now === undefined || now === started;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // a process of another user may not be signalled, and runs
    return codeOf(error) !== "ESRCH";
  }
}

/**
 * When a process started. Linux: the boot's id and the ticks since (proc_pid_stat(5), field 22); elsewhere what `ps`
 * says. `undefined` where nothing says it, and then the pid alone decides.
 */
function startedOf(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "latin1", stdio: "pipe" }).trim();
    }
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // the second field, the command in brackets, may itself hold brackets and blanks
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // a zombie keeps its pid until its parent looks, but has ended
    if (fields[0] === "Z") return "ended";
    return `${fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function heldSentence(folder: string, { pid, url }: Entry): string {
  const where = url === undefined ? "not listening yet" : `listening on ${url}`;
  return `The home ${folder} is held by process ${pid} (${where}). Use that server, stop it (kill ${pid}), or set TIDEMARK_HOME to another folder.`;
}

function folderSentence(folder: string, error: unknown): string {
  const code = codeOf(error) ?? String(error);
  if (
    ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code) &&
    (error as NodeJS.ErrnoException).syscall === "link"
  ) {
    return `The file system of ${folder} knows no hard links (${code}). Set TIDEMARK_HOME to a folder on a local disk.`;
  }
  return `The home ${folder} cannot be written (${code}). Make it writable for this user, or set TIDEMARK_HOME to a folder that is.`;
}
