/** `npm run tidemark`: what operators and auditors do daily, through the server's API. */
import { run } from "./tidemark/program.ts";

const { env, stdout: out, stderr: err } = process;

await run(process.argv.slice(2), { env, out, err, exit: (code) => void (process.exitCode = code) });
