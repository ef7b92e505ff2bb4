/**
 * The bootstrap over a small project of its own, with a stand-in for npm whose pace and outcome a test chooses; the
 * real npm installs the real project in .ci/run.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { skipBecause } from "../support/skip.ts";

const bootstrap = resolve(import.meta.dirname, "../../scripts/bootstrap.mjs");
const loader = resolve(import.meta.dirname, "../../scripts/loader.mjs");

/** Notes that it ran and with what, waits until it may go on, then installs or fails. */
const npm = `
const { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } = require("node:fs");
appendFileSync(process.env.ROOT + "/npm.log", process.argv.slice(2).join(" ") + "\\n");
process.on("SIGINT", () => {});
const wait = setInterval(() => {
  if (existsSync(process.env.ROOT + "/hold")) return;
  clearInterval(wait);
  if (existsSync(process.env.ROOT + "/fail")) process.exit(7);
  rmSync("node_modules", { recursive: true, force: true });
  mkdirSync("node_modules");
  process.exit(0);
}, 5);
`;

/** Does what its first argument says. */
const entry = `
const [what, ...rest] = process.argv.slice(2);
if (what === "arguments") console.log(JSON.stringify(rest));
if (what === "exit") process.exit(Number(rest[0]));
if (what === "echo") process.stdin.pipe(process.stdout);
if (what === "killed") process.kill(process.pid, "SIGKILL");
if (what === "signals") {
  let seen = 0;
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {
    if (seen++ === 0) setTimeout(() => { console.log(signal, seen); process.exit(3); }, 200);
  });
  console.log("ready");
  setInterval(() => {}, 1000);
}
`;

interface Run {
  output: string;
  status: number | null;
  signal: NodeJS.Signals | null;
}

describe("scripts/bootstrap.mjs", () => {
  let root: string;
  const at = (file: string): string => join(root, file);
  const installs = (): number =>
    existsSync(at("npm.log")) ? readFileSync(at("npm.log"), "utf8").split("\n").length - 1 : 0;

  function start(args: string[], env: NodeJS.ProcessEnv = {}, user: { uid?: number; gid?: number } = {}) {
    const child = spawn(process.execPath, [at("scripts/bootstrap.mjs"), "entry.mjs", ...args], {
      ...user,
      cwd: tmpdir(),
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ROOT: root, npm_execpath: at("npm-cli.js"), ...env },
    });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (output += piece.toString()));
    const ended: Promise<Run> = once(child, "close").then(([status, signal]) => ({
      output,
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    async function said(text: string): Promise<void> {
      while (!output.includes(text)) await Promise.race([once(child.stdout, "data"), once(child.stderr, "data")]);
    }
    return { child, ended, said };
  }
  const run = (args: string[], env?: NodeJS.ProcessEnv): Promise<Run> => start(args, env).ended;

  async function untilInstalls(count: number): Promise<void> {
    while (installs() < count) await new Promise((later) => setTimeout(later, 5));
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tidemark-bootstrap-"));
    mkdirSync(at("scripts"));
    cpSync(bootstrap, at("scripts/bootstrap.mjs"));
    cpSync(loader, at("scripts/loader.mjs"));
    writeFileSync(at("package-lock.json"), "{}");
    writeFileSync(at("npm-cli.js"), npm);
    writeFileSync(at("entry.mjs"), entry);
  });
  afterEach(() => {
    chmodSync(root, 0o755);
    rmSync(root, { recursive: true, force: true });
  });

  it("given a fresh clone, when it runs twice, then it installs the lock once, optional packages too", async () => {
    const first = await run(["arguments", "--fresh", "two words"]);
    expect(first.output).to.include(`["--fresh","two words"]`);
    expect((await run(["exit", "0"])).status).to.equal(0);
    expect(readFileSync(at("npm.log"), "utf8")).to.match(/^ci (?=.*--include=optional)(?=.*--include=dev).*\n$/);
  });

  it("given an installed lock, when the lock changes, then it installs again", async () => {
    await run(["exit", "0"]);
    writeFileSync(at("package-lock.json"), "{ }");
    await run(["exit", "0"]);
    expect(installs()).to.equal(2);
  });

  it("given an npm that fails, when it runs, then it says what to do, and the next run installs", async () => {
    writeFileSync(at("fail"), "");
    const failed = await run(["exit", "0"]);
    expect(failed.status).to.equal(1);
    expect(failed.output).to.match(/could not install the locked packages.*then run the same command again/);
    rmSync(at("fail"));
    expect((await run(["exit", "0"])).status).to.equal(0);
    expect(installs()).to.equal(2);
  });

  it("given no npm, when packages are missing, then it says where to get one", async () => {
    const { status, output } = await run(["exit", "0"], { npm_execpath: "", PATH: at("nowhere") });
    expect(status).to.equal(1);
    expect(output).to.include("npm was not found; start this with `npm run …`");
  });

  it("given a folder that is not writable, when packages are missing, then it says so before npm runs", async function () {
    // root may write everywhere, so it runs this as somebody else
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if (spawnSync(process.execPath, ["--version"], user).status !== 0) {
      skipBecause(this, `another user than root may not run ${process.execPath}; run the tests as that user`);
    }
    chmodSync(root, 0o555);
    const { status, output } = await start(["exit", "0"], {}, user).ended;
    expect(status).to.equal(1);
    expect(output).to.match(/is not writable; make it writable, or copy the project/);
    expect(installs()).to.equal(0);
  });

  it("given a fresh clone, when two run at once, then one installs and the other waits for it", async () => {
    writeFileSync(at("hold"), "");
    const one = start(["exit", "4"]);
    await untilInstalls(1);
    const other = start(["exit", "5"]);
    await other.said("is installing packages; waiting");
    rmSync(at("hold"));
    expect((await one.ended).status).to.equal(4);
    expect((await other.ended).status).to.equal(5);
    expect(installs()).to.equal(1);
    expect(existsSync(at(".installing"))).to.equal(false);
  });

  it("given an install whose starter was killed, when it runs again, then it waits for that npm and installs", async () => {
    writeFileSync(at("hold"), "");
    const killed = start(["exit", "0"]);
    await untilInstalls(1);
    while (!readFileSync(at(".installing"), "utf8").includes(" ")) await new Promise((later) => setTimeout(later, 5));
    killed.child.kill("SIGKILL");
    const next = start(["exit", "6"]);
    await next.said("is installing packages; waiting");
    rmSync(at("hold"));
    expect((await next.ended).status).to.equal(6);
    expect(installs()).to.equal(2);
  });

  it("given an install, when it is interrupted, then it ends by that signal, unstamped and unlocked", async () => {
    writeFileSync(at("hold"), "");
    const interrupted = start(["exit", "0"]);
    await untilInstalls(1);
    interrupted.child.kill("SIGTERM");
    expect((await interrupted.ended).signal).to.equal("SIGTERM");
    expect(existsSync(at(".installing"))).to.equal(false);
    rmSync(at("hold"));
    expect((await run(["exit", "0"])).status).to.equal(0);
    expect(installs()).to.equal(2);
  });

  it("given an entry that ends with a code or a signal, when it ends, then the bootstrap ends so too", async () => {
    expect((await run(["exit", "9"])).status).to.equal(9);
    expect((await run(["killed"])).signal).to.equal("SIGKILL");
  });

  it("given text on standard input, when the entry reads it, then it has all of it", async () => {
    const echo = start(["echo"]);
    echo.child.stdin.end("x".repeat(200_000));
    expect((await echo.ended).output).to.include("x".repeat(200_000));
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`given a running entry, when ${signal} comes twice at once, then the entry sees it once and may end in its time`, async () => {
      const running = start(["signals"]);
      await running.said("ready");
      running.child.kill(signal);
      setTimeout(() => running.child.kill(signal), 50);
      const { output, status } = await running.ended;
      expect(output).to.include(`${signal} 1`);
      expect(status).to.equal(3);
    });
  }

  it("given an entry that npm's shell started, when that shell is ended, then the entry is told to end", async function () {
    if (process.platform === "win32") skipBecause(this, "Windows has neither this shell nor its signals");
    const env = { ...process.env, ROOT: root, npm_execpath: at("npm-cli.js"), npm_lifecycle_event: "start" };
    const command = `"${process.execPath}" scripts/bootstrap.mjs entry.mjs signals; exit 0`;
    const shell = spawn("sh", ["-c", command], { cwd: root, stdio: ["ignore", "pipe", "ignore"], env });
    let output = "";
    shell.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    while (!output.includes("ready")) await once(shell.stdout, "data");
    shell.kill("SIGTERM");
    await once(shell, "close");
    expect(output).to.include("SIGTERM 1");
  });
});
