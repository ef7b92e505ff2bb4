import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { Refusal } from "../../server/errors.ts";
import { openHome, readHolder, type Home } from "../../server/home.ts";
import { asNobody } from "../support/nobody.ts";
import { skipBecause } from "../support/skip.ts";

const homeModule = pathToFileURL(resolve(import.meta.dirname, "../../server/home.ts")).href;
const loader = import.meta.resolve("../../scripts/loader.mjs");

/** A process that opens every home it is told of on standard input and answers with what became of it, one a line. */
const starter = `
  import { createInterface } from "node:readline";
  import { openHome } from ${JSON.stringify(homeModule)};
  const homes = [];
  console.log("up");
  for await (const line of createInterface({ input: process.stdin })) {
    const [folder, url] = line.split(" ");
    try {
      const home = await openHome(folder);
      homes.push(home);
      if (url) await home.publish(url);
      console.log("held");
    } catch (error) {
      console.log(error.name + ": " + error.message);
    }
  }`;

interface Starter {
  pid: number;
  /** Sends lines, and resolves with as many answers. */
  ask(...lines: string[]): Promise<string[]>;
  kill(): Promise<void>;
}

describe("the home", function () {
  this.timeout(60_000);
  let root: string;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tidemark-home-"));
    folder = join(root, "home");
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child);
    rmSync(root, { recursive: true, force: true });
  });

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async function startStarter(): Promise<Starter> {
    const child = spawn(process.execPath, ["--import", loader, "--input-type=module", "-e", starter], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async (): Promise<string> => String((await lines.next()).value);
    expect(await answer()).to.equal("up");
    return {
      pid: child.pid!,
      async ask(...questions) {
        child.stdin.write(`${questions.join("\n")}\n`);
        const answers: string[] = [];
        while (answers.length < questions.length) answers.push(await answer());
        return answers;
      },
      kill: () => end(child),
    };
  }

  async function refusal(of: string = folder): Promise<string> {
    try {
      await openHome(of);
    } catch (error) {
      expect(error).to.be.instanceOf(Refusal);
      return (error as Error).message;
    }
    throw new Error("nothing was refused");
  }

  /** Opens the home, with something happening right before one of its calls of node:fs. */
  async function meanwhile(call: "renameSync" | "linkSync", happening: () => unknown): Promise<Home> {
    const real = fs[call];
    let within = false;
    fs[call] = (from, to) => {
      // what happens meanwhile makes such calls too
      if (!within) {
        within = true;
        happening();
        within = false;
      }
      real(from, to);
    };
    try {
      return await openHome(folder);
    } finally {
      fs[call] = real;
    }
  }

  /** The entry of a process that was killed while it held the home. */
  async function leaveDeadHolder(): Promise<Record<string, unknown>> {
    const child = await startStarter();
    expect(await child.ask(folder)).to.deep.equal(["held"]);
    await child.kill();
    return JSON.parse(readFileSync(join(folder, "lock/holder"), "utf8")) as Record<string, unknown>;
  }

  describe("openHome", () => {
    it("given no folder, when opened, then it is there for this user only, and holder and URL can be read", async () => {
      const home = await openHome(folder);
      expect(statSync(folder).mode & 0o777).to.equal(0o700);
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid });
      await home.publish("http://127.0.0.1:4780");
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid, url: "http://127.0.0.1:4780" });
      await home.release();
      expect(await readHolder(folder)).to.equal(undefined);
      expect(readdirSync(join(folder, "lock"))).to.deep.equal([]);
    });

    it("given a home held by another process, when opened, then the sentence names its pid and URL", async () => {
      const other = await startStarter();
      expect(await other.ask(`${folder} http://127.0.0.1:9999`)).to.deep.equal(["held"]);
      const sentence = await refusal();
      expect(sentence).to.contain(`process ${other.pid}`).and.to.contain("http://127.0.0.1:9999");
      expect(await readHolder(folder)).to.deep.equal({ pid: other.pid, url: "http://127.0.0.1:9999" });
    });

    it("given a home this process holds, when opened again, then it is refused; after its release it is not", async () => {
      const home = await openHome(folder);
      expect(await refusal()).to.contain(`process ${process.pid}`);
      await home.release();
      const again = await openHome(folder);
      // the first holder's release is spent
      await home.release();
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid });
      await again.release();
    });

    it("given a holder killed with SIGKILL, when opened, then it is taken over", async () => {
      const dead = await leaveDeadHolder();
      expect(dead["pid"]).to.be.a("number");
      expect(await readHolder(folder)).to.equal(undefined);
      const home = await openHome(folder);
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid });
      expect(readdirSync(join(folder, "lock"))).to.deep.equal(["holder"]);
      await home.release();
    });

    it("given a dead holder whose pid another process has now, when opened, then it is taken over", async function () {
      const dead = await leaveDeadHolder();
      expect(dead["started"], "this machine tells when a process started").to.be.a("string");
      writeFileSync(join(folder, "lock/holder"), JSON.stringify({ ...dead, pid: process.ppid }));
      const home = await openHome(folder);
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid });
      await home.release();
    });

    it("given a starter that died while taking over, when opened, then the next one follows it", async () => {
      const dead = await leaveDeadHolder();
      const second = { ...dead, id: "second" };
      writeFileSync(join(folder, `lock/claim-${String(dead["id"])}`), JSON.stringify(second));
      writeFileSync(join(folder, `lock/${String(dead["id"])}.new`), "{");
      const home = await openHome(folder);
      expect(readdirSync(join(folder, "lock"))).to.deep.equal(["holder"]);
      await home.release();
    });

    it("given a starter that is taking over, when opened, then it is refused", async () => {
      const dead = await leaveDeadHolder();
      const claimant = await startStarter();
      await claimant.ask(join(root, "elsewhere"));
      const entry = readFileSync(join(root, "elsewhere/lock/holder"));
      writeFileSync(join(folder, `lock/claim-${String(dead["id"])}`), entry);
      expect(await refusal()).to.contain(`process ${claimant.pid}`);
    });

    it("given a starter about to take over, when another starts at that very moment, then that one is refused", async () => {
      await leaveDeadHolder();
      let other: Promise<string> | undefined;
      const home = await meanwhile("renameSync", () => (other = refusal()));
      expect(await other).to.contain(`process ${process.pid}`);
      await home.release();
    });

    it("given a starter about to claim, when another has taken over and gone on meanwhile, then the first is refused", async () => {
      await leaveDeadHolder();
      let other: Promise<Home> | undefined;
      let calls = 0;
      // the first link is the try for a home without a holder, the second is the claim
      const first = meanwhile("linkSync", () => calls++ === 1 && (other = openHome(folder)));
      expect(await first.catch((error: unknown) => (error as Error).message)).to.contain(`process ${process.pid}`);
      expect(await readHolder(folder)).to.deep.equal({ pid: process.pid });
      expect(readdirSync(join(folder, "lock"))).to.deep.equal(["holder"]);
      await (await other!).release();
    });

    it("given eight starters and homes whose holders are dead, when all start at once, then each home is held by one", async () => {
      const dead = await leaveDeadHolder();
      const homes = Array.from({ length: 40 }, (_, i) => join(root, `race-${i}`));
      for (const [i, home] of homes.entries()) {
        mkdirSync(join(home, "lock"), { recursive: true });
        // every fourth is fresh
        if (i % 4 > 0) writeFileSync(join(home, "lock/holder"), JSON.stringify(dead));
      }
      const starters = await Promise.all(Array.from({ length: 8 }, startStarter));
      const answers = await Promise.all(starters.map((one) => one.ask(...homes)));
      const winners = homes.map((_, i) => answers.filter((of) => of[i] === "held").length);
      expect(winners).to.deep.equal(homes.map(() => 1));
      for (const [i, home] of homes.entries()) {
        const winner = starters[answers.findIndex((of) => of[i] === "held")]!;
        expect(await readHolder(home)).to.deep.equal({ pid: winner.pid });
      }
      const refused = answers.flat().filter((answer) => answer !== "held");
      expect(refused.every((answer) => /^Refusal: The home .* is held by process \d+/.test(answer))).to.equal(true);
    });
  });

  describe("refusals of the folder", () => {
    it("given a folder that may not be written, when opened, then the sentence says what to do", async () => {
      mkdirSync(folder);
      chmodSync(folder, 0o555);
      chmodSync(root, 0o755);
      const sentence = await asNobody(() => refusal());
      expect(sentence).to.contain(folder).and.to.contain("EACCES").and.to.contain("TIDEMARK_HOME");
      expect(existsSync(join(folder, "lock"))).to.equal(false);
    });

    it("given a file in its place, when opened, then the sentence says what to do", async () => {
      writeFileSync(folder, "");
      expect(await refusal()).to.contain("TIDEMARK_HOME");
    });

    it("given a damaged holder, when opened, then it is refused and the file is named", async () => {
      mkdirSync(join(folder, "lock"), { recursive: true });
      writeFileSync(join(folder, "lock/holder"), "{");
      expect(await refusal()).to.contain("lock/holder is damaged");
      // what was written to ask for it does not stay behind
      expect(readdirSync(join(folder, "lock"))).to.deep.equal(["holder"]);
    });

    it("given a zombie as holder, when opened, then it is taken over", async function () {
      if (process.platform !== "linux") skipBecause(this, "zombies are told apart on Linux only");
      // a shell that turned into a process that never looks after its child leaves it a zombie
      const shell = spawn("bash", ["-c", "sleep 60 & echo $!; exec sleep 61"], { stdio: ["ignore", "pipe", "ignore"] });
      children.push(shell);
      const [line] = (await once(createInterface({ input: shell.stdout }), "line")) as [string];
      const look = (pid: unknown, file: string): string => readFileSync(`/proc/${String(pid)}/${file}`, "latin1");
      while (!look(shell.pid, "cmdline").startsWith("sleep")) await new Promise(setImmediate);
      process.kill(Number(line), "SIGKILL");
      const state = (): string => look(line, "stat").split(") ")[1]!;
      while (!state().startsWith("Z")) await new Promise(setImmediate);
      mkdirSync(join(folder, "lock"), { recursive: true });
      const ticks = state().split(" ")[19];
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
      writeFileSync(
        join(folder, "lock/holder"),
        JSON.stringify({ id: "z", pid: Number(line), started: `${boot} ${ticks}` }),
      );
      const home = await openHome(folder);
      await home.release();
    });
  });
});
