/** The command line as a whole: its nouns, one file each, and what it says of itself. */
import { Command, CommanderError } from "commander";
import { accounts } from "./accounts.ts";
import { apiKeys } from "./apiKeys.ts";
import { batches } from "./batches.ts";
import { blocks } from "./blocks.ts";
import { keys } from "./keys.ts";
import { licences } from "./licences.ts";
import { lots } from "./lots.ts";
import { payees } from "./payees.ts";
import { pools } from "./pools.ts";
import { projects } from "./projects.ts";
import { reports } from "./reports.ts";
import { requests } from "./requests.ts";
import { roles } from "./roles.ts";
import { server } from "./server.ts";
import { createVerbs, type AddVerb, type Terminal } from "./verb.ts";

/** Each adds its noun with its verbs. */
const nouns: readonly ((program: Command, verb: AddVerb) => void)[] = [
  ...[accounts, keys, licences, roles, apiKeys, reports, pools],
  ...[lots, batches, blocks, projects, payees, requests, server],
];

const MORE = `
每条命令都可重复执行：已如此者不再改动，中断后再执行即可继续。
Every command may be given again: what is so already is left alone, and one that was broken off goes on.

私钥只从环境变量读取，在本机签名，从不发送；嵌入链上未设时用主目录自己的密钥（TIDEMARK_PASSPHRASE 开启）。
Keys are read from the environment alone, sign here and are sent nowhere; on the embedded chain, where one is not set,
the home's own key signs, which TIDEMARK_PASSPHRASE opens:
  TIDEMARK_REGISTRY_KEY   accounts, keys, licences
  TIDEMARK_ADMIN_KEY      roles, api-keys
  TIDEMARK_ISSUER_KEY     reports issue
  TIDEMARK_ALLOCATOR_KEY  pools publish, pools pay

退出码 Exit code 0: 已如所求 it is as asked. 1: 未如所求，末行说明原因 it is not; the last lines say why.
2: 命令有误 the command is not one.`;

const NOT_A_COMMAND = 2;

/** The program as it stands at a terminal, not yet run. Its commands throw commander's errors. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("npm run tidemark --")
    .description("台账的日常操作与查看 What operators and auditors do daily, through the server's API")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "tidemark: ")),
    })
    .showHelpAfterError("(--help 列出用法 lists what there is)")
    .addHelpText("after", MORE);
  const verb = createVerbs(terminal);
  for (const noun of nouns) noun(program, verb);
  return program;
}

/** Carries out one command. @param args what follows the program's name */
export async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await createProgram(terminal).parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // help that was asked for ends with 0; commander has said the rest
    terminal.exit(error.exitCode === 0 ? 0 : NOT_A_COMMAND);
  }
}
