/** `npm run demo` as a person starts it: what it prints last, and what a killed server changes of that. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { readHolder } from "../../server/home.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

interface Ending {
  code: number | null;
  /** the last line, without its seconds */
  figures: Record<string, unknown>;
  lines: string[];
}

/** Plays the demo to its end. @param onLine is told each line it prints */
async function play(home: string, onLine: (line: string) => void = () => undefined): Promise<Ending> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), DEMO, "--exit"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TIDEMARK_HOME: home, TIDEMARK_PORT: "0" },
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const { seconds, ...figures } = JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>;
  expect(seconds).to.be.a("number");
  return { code, figures, lines };
}

describe("the demo", function () {
  this.timeout(180_000);
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "tidemark-demo-"));
  });
  after(() => rm(home, { recursive: true, force: true }));

  const whole = { scenario: "storage-point", lots: 400, acts: 400, skipped: 0, conservation: true };

  it("given an empty home, when the server is killed while acts are handed in, then the figures are those of an undisturbed run", async () => {
    let killed: Promise<void> | undefined;
    const { code, figures, lines } = await play(home, (line) => {
      if (!line.includes("Compare") || killed) return;
      killed = readHolder(home).then((holder) => void process.kill(holder!.pid, "SIGKILL"));
    });
    await killed;
    expect(lines.join("\n")).to.include("starting it again");
    expect([code, figures]).to.deep.equal([0, whole]);
  });

  it("given a home where everything was played, when it is played again, then nothing is handed in and the figures are the same", async () => {
    const { code, figures, lines } = await play(home);
    expect([code, figures]).to.deep.equal([0, whole]);
    expect(lines.join("\n")).to.include("nothing missing").and.not.include("Hand in");
  });
});
