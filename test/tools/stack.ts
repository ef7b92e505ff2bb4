/** `npm run stack` where a part is not here, and interrupted: nothing of it is left. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { signalGroup } from "../../scripts/tooling/children.ts";
import { startCommand } from "../support/command.ts";
import { skipBecause } from "../support/skip.ts";

const script = (name: string): string => fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url));
/** Where a part is not here; where a signal ended it. */
const [MISSING, INTERRUPTED] = [3, 130];

describe("npm run stack", function () {
  this.timeout(60_000);

  for (const [name, env, words] of [
    ["PostgreSQL", { TIDEMARK_POSTGRES_BINARIES: "/nowhere" }, ["缺少 PostgreSQL", "apt-get install postgresql"]],
    ["Kubo", { TIDEMARK_KUBO_BINARY: "/nowhere/ipfs" }, ["缺少 Kubo", "scripts/kubo.sh build"]],
  ] as const) {
    it(`given no ${name}, when it is started, then it says how to get it and ends with 3`, async () => {
      const { code, err, out } = await startCommand("stack.ts", ["echo", "it ran"], { ...env, CI: "" }).ended;
      expect([code, out], err).to.deep.equal([MISSING, ""]);
      for (const each of words) expect(err).to.contain(each);
    });
  }

  describe("that is interrupted", () => {
    let folder: string;

    before(function () {
      const missing = ["postgres.sh", "kubo.sh"].filter((part) => spawnSync(script(part), ["find"]).status !== 0);
      if (missing.length > 0 && process.env["CI"] === "true") throw new Error(`${missing.join(", ")} finds nothing`);
      if (missing.length > 0) skipBecause(this, `${missing.join(" and ")} finds nothing here`);
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "tidemark-interrupted-"));
      // PostgreSQL's own user passes through
      chmodSync(folder, 0o755);
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** Starts it as the leader of a group, as a shell does; everything it makes is in `folder`. */
    const start = (): ChildProcess =>
      spawn(
        process.execPath,
        ["--import", import.meta.resolve("../../scripts/loader.mjs"), script("stack.ts"), "sh", "-c", UP],
        { stdio: ["ignore", "pipe", "ignore"], detached: true, env: { ...process.env, TMPDIR: folder } },
      );
    const UP = 'echo "UP $TIDEMARK_DATABASE_URL $TIDEMARK_RPC_URLS $TIDEMARK_KUBO_URL"; exec sleep 1000';

    const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

    /** Its exit code, as a shell tells it: Node gives up its handlers a moment before its end, and a signal ends it then. */
    async function ended(child: ChildProcess): Promise<number | null> {
      if (runs(child)) await once(child, "exit");
      return child.signalCode === "SIGINT" ? INTERRUPTED : child.exitCode;
    }

    /** What it made and did not take away; it may end a moment before the last of its parts. */
    async function left(): Promise<string[]> {
      const found = (): string[] => readdirSync(folder).filter((name) => name.startsWith("tidemark-"));
      for (let looked = 0; looked < 50 && found().length > 0; looked++) await sleep(100);
      return found();
    }

    const isOpen = (url: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(Number(new URL(url).port), "127.0.0.1");
        socket.once("connect", () => (socket.destroy(), resolve(true)));
        socket.once("error", () => resolve(false));
      });

    /** As Ctrl-C does it, to everything in the foreground; or as whoever knows the one process. */
    const group = (child: ChildProcess): boolean => signalGroup(child, "SIGINT");
    const alone = (child: ChildProcess): boolean => child.kill("SIGINT");

    it("given all of it runs, when Ctrl-C is pressed again and again, then every part is gone, with its files", async () => {
      const child = start();
      let parts: string[] = [];
      for await (const line of createInterface({ input: child.stdout! })) {
        if (line.startsWith("UP ")) parts = line.split(" ").slice(1);
        if (parts.length > 0) break;
      }
      expect(await Promise.all(parts.map(isOpen))).to.deep.equal([true, true, true]);
      while (runs(child)) {
        group(child);
        await sleep(30);
      }
      expect(await ended(child)).to.equal(INTERRUPTED);
      expect(await left()).to.deep.equal([]);
      expect(await Promise.all(parts.map(isOpen))).to.deep.equal([false, false, false]);
    });

    for (const [who, interrupt] of [
      ["everything", group],
      ["the command alone", alone],
    ] as const) {
      it(`given PostgreSQL is being made, when ${who} is interrupted, sooner or later, then nothing of that is left`, async () => {
        for (const later of [0, 150, 300, 450, 600]) {
          const child = start();
          while (!isMaking(folder)) await sleep(5);
          await sleep(later);
          interrupt(child);
          expect(await ended(child), `after ${later} ms`).to.equal(INTERRUPTED);
          expect(await left(), `after ${later} ms`).to.deep.equal([]);
        }
      });
    }
  });
});

/** Whether initdb writes its files there. */
function isMaking(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).some((name) => name.includes("/data/base"));
  } catch {
    // something in it came and went
    return false;
  }
}
