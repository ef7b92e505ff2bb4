/** What the player shows: one bar a step in a terminal, one line a step elsewhere; calm, and nothing on standard output after the last line. */
import { styleText } from "node:util";
import { Presets, SingleBar } from "cli-progress";

export interface Step {
  /** @param text what stands beside the bar, e.g. "120 of 400" */
  update(value: number, total: number, text: string): void;
  done(text: string): void;
}

export interface Screen {
  print(...lines: string[]): void;
  heading(zh: string, en: string): void;
  step(zh: string, en: string): Step;
  /** A line that may come in the middle of a step. */
  note(line: string): void;
  /** Puts the cursor back; for the way out. */
  close(): void;
}

/** so that a bar and what stands beside it fit 80 columns */
const BAR_WIDTH = 20;

/** @param out standard output */
export function createScreen(out: NodeJS.WriteStream): Screen {
  const terminal = out.isTTY;
  const faint = (text: string): string => styleText("dim", text, { stream: out });
  const print = (...lines: string[]): void => void out.write(lines.map((line) => `${line}\n`).join(""));
  // `| head` closes it early; the demo goes on
  out.on("error", () => undefined);
  let bar: SingleBar | undefined;

  function terminalStep(label: string): Step {
    const own = new SingleBar(
      {
        format: `${label} {bar}  {text}`,
        formatBar(progress) {
          const full = Math.round(progress * BAR_WIDTH);
          return "━".repeat(full) + faint("─".repeat(BAR_WIDTH - full));
        },
        stream: out,
        hideCursor: true,
        linewrap: false,
        gracefulExit: false,
        forceRedraw: true,
        fps: 20,
      },
      Presets.rect,
    );
    own.start(1, 0, { text: "" });
    bar = own;
    return {
      update(value, total, text) {
        own.setTotal(Math.max(1, total));
        own.update(value, { text });
      },
      done(text) {
        own.setTotal(1);
        own.update(1, { text });
        own.stop();
        bar = undefined;
      },
    };
  }

  return {
    print,
    heading: (zh, en) => print("", `${styleText("bold", zh, { stream: out })} ${en}`),
    step(zh, en) {
      const label = `${zh} ${en.padEnd(8)}`;
      if (terminal) return terminalStep(label);
      return { update: () => undefined, done: (text) => print(`${label} ${text}`) };
    },
    note(line) {
      // in the bar's place; the bar is drawn anew below it, where it will leave the cursor too
      if (bar) out.write(`\r\u001b[K${line}\n\u001b7`);
      else print(line);
    },
    close: () => bar?.stop(),
  };
}

/** Columns that a text takes in a terminal: Chinese characters and their punctuation take two. */
export const widthOf = (text: string): number =>
  text.length + (text.match(/[\u2e80-\u9fff\uff00-\uff60]/g)?.length ?? 0);

/** Text in columns; the cells of every row but the first column stand to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  const filled = (cell: string, column: number): string => " ".repeat(widths[column]! - widthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell + filled(cell, i) : filled(cell, i) + cell))
      .join("  ")
      .trimEnd(),
  );
}

export interface Branch {
  text: string;
  branches: readonly Branch[];
}

/** A tree as lines. */
export function tree({ text, branches }: Branch): string[] {
  const last = branches.length - 1;
  const below = branches.flatMap((branch, i) =>
    tree(branch).map((line, k) => `${k === 0 ? (i === last ? "└─ " : "├─ ") : i === last ? "   " : "│  "}${line}`),
  );
  return [text, ...below];
}

export const count = (n: number | bigint): string => n.toLocaleString("en-US");

export const kilograms = (grams: number): string =>
  `${count(Math.floor(grams / 1_000))}.${String(grams % 1_000).padStart(3, "0")} kg`;

/** A part of a whole to a hundredth of a percent, in whole numbers. */
export function percent(part: number, whole: number): string {
  const hundredths = (BigInt(part) * 10_000n) / BigInt(whole);
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")} %`;
}

/** Fen as yuan, exactly. */
export const yuan = (fen: bigint): string => `${count(fen / 100n)}.${String(fen % 100n).padStart(2, "0")} yuan`;

/** Seconds since 1970 by the clocks in China. */
export const chinaTime = (seconds: number): string =>
  new Date((seconds + 8 * 3_600) * 1_000).toISOString().slice(0, 16).replace("T", " ");
