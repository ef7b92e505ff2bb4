/** `npm run demo` as a person starts it: what it prints last, and what a killed server, or a killed player, changes of that. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { draw } from "../../../scripts/demo/scenario/draws.ts";
import { expectedOf } from "../../../scripts/demo/scenario/expected.ts";
import { readHolder } from "../../../server/home.ts";

const LOADER = import.meta.resolve("../../../scripts/loader.mjs");
const DEMO = fileURLToPath(new URL("../../../scripts/demo.ts", import.meta.url));
const SEED = process.env["TIDEMARK_FUZZ_SEED"] ?? "1";

/** A twentieth of the scenario, as it is written down. */
const whole = { scenario: "1/20", ...expectedOf(20) };

/** Seeded milliseconds. */
const moment = (words: string, most: number): number => draw(`${SEED}/${words}`, most);

interface Play {
  child: ChildProcess;
  lines: string[];
  /** its exit code, once it has closed its output */
  closed: Promise<number | null>;
  /** Resolves when it has printed a line with this. */
  printed(words: string): Promise<void>;
}

const plays: Play[] = [];

function start(home: string): Play {
  const child = spawn(process.execPath, ["--import", LOADER, DEMO, "--exit", "--share", "20"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TIDEMARK_HOME: home, TIDEMARK_PORT: "0" },
  });
  const lines: string[] = [];
  const seen = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const look of seen) look();
  });
  const play: Play = {
    child,
    lines,
    closed: new Promise((resolve) => child.once("close", resolve)),
    printed: (words) =>
      new Promise((resolve) => {
        const look = (): void => (lines.some((line) => line.includes(words)) ? resolve() : undefined);
        seen.add(look);
        look();
      }),
  };
  plays.push(play);
  return play;
}

/** Waits for the end. @returns its code, and the figures of its last line without the seconds */
async function ending({ closed, lines }: Play): Promise<[code: number | null, figures: Record<string, unknown>]> {
  const code = await closed;
  const { seconds, ...figures } = JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>;
  expect(seconds, lines.join("\n")).to.be.a("number");
  return [code, figures];
}

/** Kills whoever holds the home. @returns whether there was anybody */
async function killServer(home: string): Promise<boolean> {
  const holder = await readHolder(home);
  if (holder) process.kill(holder.pid, "SIGKILL");
  return holder !== undefined;
}

describe("the demo", function () {
  this.timeout(180_000);
  const homes: string[] = [];
  const fresh = async (): Promise<string> => {
    homes.push(await mkdtemp(join(tmpdir(), "tidemark-demo-")));
    return homes.at(-1)!;
  };
  // also those that a test left running because it failed
  after(async () => {
    for (const { child } of plays) child.kill("SIGKILL");
    await Promise.all(homes.map(killServer));
    await Promise.all(homes.map((home) => rm(home, { recursive: true, force: true, maxRetries: 5 })));
  });

  it("given an empty home, when the server is killed while people are registered, acts handed in and recorded, sinks and money played, then the figures are those of the scenario", async () => {
    const home = await fresh();
    const play = start(home);
    const kills = [
      ["启动 Start", 400],
      ["登记 Register", 400],
      ["比对 Compare", 800],
      ["上报 Hand in", 150],
      // sinks and money follow
      ["核对 Check", 1_500],
    ] as const;
    let killed = 0;
    for (const [line, within] of kills) {
      await Promise.race([play.printed(line), play.closed]);
      await sleep(moment(line, within));
      // the one that was killed before may not be back yet
      while (!(await killServer(home)) && play.child.exitCode === null) await sleep(20);
      killed += Number(play.child.exitCode === null);
    }
    expect(await ending(play)).to.deep.equal([0, whole]);
    expect(killed).to.equal(kills.length);
    expect(play.lines.join("\n")).to.include("starting it again");
  });

  describe("given a player that was killed while registering, then while handing in, then while sinks and money are played", () => {
    let home: string;
    before(async () => {
      home = await fresh();
      for (const [line, within] of [
        ["启动 Start", 400],
        ["比对 Compare", 800],
        ["核对 Check", 1_500],
      ] as const) {
        const play = start(home);
        await play.printed(line);
        await sleep(moment(`player/${line}`, within));
        play.child.kill("SIGKILL");
        await play.closed;
        expect(play.lines.at(-1), "it had ended").to.not.include('"scenario"');
      }
    });
    // its server goes on without it
    after(() => killServer(home));

    it("when it is run again, then it plays the rest on the server that is there, to the same figures", async () => {
      const play = start(home);
      expect(await ending(play)).to.deep.equal([0, whole]);
      expect(play.lines.join("\n")).to.include("using the server at");
    });

    it("when all was played, the server is killed and it is run once more, then nothing is handed in and the figures are the same", async () => {
      expect(await killServer(home)).to.equal(true);
      const play = start(home);
      expect(await ending(play)).to.deep.equal([0, whole]);
      expect(play.lines.join("\n")).to.include("nothing missing").and.not.include("Hand in");
    });
  });

  it("given a share of the year that is none, when it is started, then it says what a share is", async () => {
    const child = spawn(process.execPath, ["--import", LOADER, DEMO, "--share", "0"]);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, said]).to.deep.equal([1, "tidemark: --share is 0; it must be a whole number from 1 to 20.\n"]);
  });
});
