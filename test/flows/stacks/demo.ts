/** `npm run demo` as a person starts it: what it prints last, and what killing its server and its player changes of that. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { audit } from "../../../scripts/audit/audit.ts";
import { differencesOf, lineOf } from "../../../scripts/audit/report.ts";
import { draw, shuffled } from "../../../scripts/demo/scenario/draws.ts";
import { expectedOf } from "../../../scripts/demo/scenario/expected.ts";
import { createServer } from "../../../scripts/demo/server.ts";
import { Refusal } from "../../../server/errors.ts";
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

/** Lines that every play prints, also one that goes on where another was killed: kills fall between them. */
const lines = [
  "启动 Start",
  "登记 Register",
  "比对 Compare",
  "上链 Record",
  "裁定 Rule",
  "核对 Check",
  "碳汇 Sinks",
  "注销 Retire",
];

interface Kill {
  /** after the line */
  line: string;
  afterMs: number;
  what: "server" | "player" | "both";
}

/** Six seeded moments over the whole play, in their order. The last leaves a server, for what comes after. */
function sixKills(): Kill[] {
  const chosen = new Set(shuffled(`${SEED}/lines`, lines).slice(0, 6));
  const first = shuffled<Kill["what"]>(`${SEED}/what`, ["server", "server", "player", "both", "both"]);
  return lines
    .filter((line) => chosen.has(line))
    .map((line, i) => ({ line, afterMs: moment(`kill/${line}`, 800), what: first[i] ?? "player" }));
}

const usesAnother = ({ lines }: Play): boolean => lines.some((line) => line.includes("using the server at"));

/** @returns the play that goes on, or a new one where the player was killed */
async function strike(home: string, play: Play, { line, afterMs, what }: Kill): Promise<Play> {
  await Promise.race([play.printed(line), play.closed]);
  await sleep(afterMs);
  expect(play.child.exitCode, `it had ended before ${line}:\n${play.lines.join("\n")}`).to.equal(null);
  if (what === "server" && !usesAnother(play)) {
    // the one that was killed before may not be back yet
    while (!(await killServer(home)) && play.child.exitCode === null) await sleep(20);
    return play;
  }
  play.child.kill("SIGKILL");
  await play.closed;
  // a player whose server is another's does not start one: it is killed together with that
  if (what !== "player") await killServer(home);
  return start(home);
}

describe("the demo", function () {
  this.timeout(280_000);
  let home: string;
  let play: Play;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "tidemark-demo-"));
  });
  // also those that a test left running because it failed
  after(async () => {
    for (const { child } of plays) child.kill("SIGKILL");
    await killServer(home);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  const kills = sixKills();
  const told = kills.map(({ line, afterMs, what }) => `${what} ${afterMs} ms after ${line}`).join(", ");
  it(`given an empty home, when server and player are killed at six moments (${told}), then the figures are those of the scenario`, async () => {
    play = start(home);
    for (const kill of kills) play = await strike(home, play, kill);
    expect(await ending(play)).to.deep.equal([0, whole]);
    expect(Object.keys(JSON.parse(play.lines.at(-1)!) as object)).to.deep.equal([
      ...["scenario", "parties", "lots", "acts", "skipped", "issuedKg", "retiredKg"],
      ...["fundedFen", "paidFen", "conservation", "seconds"],
    ]);
  });

  it("given what was killed six times, when the server that is left is audited, then the chain says the same", async () => {
    const url = /using the server at (\S+)/.exec(play.lines.join("\n"))![1]!;
    const report = await audit({ api: url, rpc: `${url}/rpc`, progress: () => undefined });
    expect(differencesOf(report).map(lineOf)).to.deep.equal([]);
    expect(report.checks.find(({ id }) => id === "storage")!.compared).to.be.at.least(whole.lots);
  });

  it("given a player on somebody else's server, when that is killed and none comes back, then it waits for a while and says so", async () => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const server = createServer({ home, say, progress: () => undefined, patienceMs: 500 });
    await server.attach();
    expect([server.ours(), await killServer(home)]).to.deep.equal([false, true]);
    const refusal = await server.attach().then(
      () => expect.fail("there was a server"),
      (error: unknown) => error,
    );
    expect(refusal).to.be.instanceOf(Refusal);
    expect((refusal as Refusal).message).to.include("is gone, and no other came in 0.5 s");
    expect(said).to.have.length(1);
  });

  it("when all was played and it is run once more, then nothing is handed in and the figures are the same", async () => {
    const again = start(home);
    expect(await ending(again)).to.deep.equal([0, whole]);
    expect(again.lines.join("\n")).to.include("nothing missing").and.not.include("Hand in");
  });

  it("given a share of the year that is none, when it is started, then it says what a share is", async () => {
    const child = spawn(process.execPath, ["--import", LOADER, DEMO, "--share", "0"]);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, said]).to.deep.equal([1, "tidemark: --share is 0; it must be a whole number from 1 to 20.\n"]);
  });
});
