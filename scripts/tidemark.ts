/** `npm run tidemark`: what operators and auditors do daily, through the server's API. */
import { CommanderError } from "commander";
import { createProgram } from "./tidemark/program.ts";

const NOT_A_COMMAND = 2;

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    // help that was asked for ends with 0; commander has said the rest
    process.exitCode = error.exitCode === 0 ? 0 : NOT_A_COMMAND;
  });
