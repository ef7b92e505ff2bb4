/** A verb of the command line: its options, its answer in words or as one JSON document, and its exit code. */
import { inspect } from "node:util";
import type { Command } from "commander";
import { Problem, Refusal } from "../../server/errors.ts";
import { createScreen } from "../demo/screen.ts";
import { openDesk, type Desk } from "./desk.ts";
import { serverUrl } from "./values.ts";

export type Words = readonly [zh: string, en: string];

export const both = ([zh, en]: Words): string => `${zh} ${en}`;

export interface Answer {
  /** done: something was changed. there: it was so already. refused: it is not as asked, and the lines say why */
  outcome: "shown" | "done" | "there" | "refused";
  /** what `--json` prints besides */
  json: object;
  lines: string[];
}

/** Where a command is given: its settings, where it writes, and how it ends. */
export interface Terminal {
  env: Record<string, string | undefined>;
  out: NodeJS.WriteStream;
  err: NodeJS.WriteStream;
  exit(code: number): void;
}

interface Common {
  api?: string;
  json?: true;
}

/**
 * Adds a verb to a noun. Arguments and options of its own are added to what this returns.
 * @param work is given the arguments as their parsers made them, and the options by their names; each says for itself
 * what those are
 */
export type AddVerb = (
  noun: Command,
  name: string,
  says: Words,
  work: (desk: Desk, args: never, options: never) => Promise<Answer>,
) => Command;

/** Verbs that are given at a terminal. */
export function createVerbs(terminal: Terminal): AddVerb {
  return (noun, name, says, work) =>
    noun
      .command(name)
      .description(both(says))
      .option(
        "--api <url>",
        "服务器，默认为占用主目录者 the server; without it the one that holds TIDEMARK_HOME",
        serverUrl,
      )
      .option("--json", "只输出一份 JSON one JSON document on standard output")
      .action(async (...given: unknown[]) => {
        const command = given.at(-1) as Command;
        const options = command.opts<Common>();
        const args = command.processedArgs as never;
        const called = `${noun.name()} ${name}`;
        terminal.exit(await perform(terminal, called, options, (desk) => work(desk, args, options as never)));
      });
}

/** @returns the exit code */
async function perform(
  { env, out, err }: Terminal,
  command: string,
  { api, json }: Common,
  work: (desk: Desk) => Promise<Answer>,
): Promise<number> {
  const screen = createScreen(out);
  const tell = (document: object): void => screen.print(JSON.stringify({ command, ...document }));
  try {
    const { outcome, json: told, lines } = await work(await openDesk(env, api, json ? undefined : screen));
    if (json) tell({ outcome, ...told });
    else screen.print(...lines);
    return outcome === "refused" ? 1 : 0;
  } catch (error) {
    const why = sentenceOf(error);
    if (json) tell({ outcome: "refused", why: why ?? String(error) });
    err.write(why === undefined ? `${inspect(error)}\n` : `tidemark: ${why}\n`);
    return 1;
  } finally {
    screen.close();
  }
}

/** One sentence where it is known what to do; `undefined` for what nobody expected. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof Problem) return `${error.view.title}: ${error.view.detail}. ${error.view.remedy}`;
  return error instanceof Refusal ? error.message : undefined;
}

const ends = {
  done: ["已完成。", "Done."],
  there: ["原已如此，未作改动。", "There already; nothing was changed."],
} as const;

/** What a verb that changes something answers: how it ended, then what stands now. */
export const changed = (outcome: "done" | "there", json: object, lines: string[]): Answer => ({
  outcome,
  json,
  lines: [both(ends[outcome]), ...lines],
});
