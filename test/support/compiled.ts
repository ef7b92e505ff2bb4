/** Contracts of the tests' own, compiled where they are needed: what the tests' build has of them may not be there yet. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

export interface Compiled {
  abi: [];
  bytecode: string;
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { abi: []; evm: { bytecode: { object: string } } }>>;
}

/**
 * Every contract of one file, by name, compiled with the settings of the ledger's own.
 * @param url of a Solidity file that imports npm packages only
 * @throws with the compiler's words
 */
export function compiled(url: URL): Record<string, Compiled> {
  const solc = require("solc") as Solc;
  const path = fileURLToPath(url);
  const input = {
    language: "Solidity",
    sources: { [path]: { content: readFileSync(path, "utf8") } },
    settings: {
      viaIR: true,
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const modules = join(dirname(require.resolve("@openzeppelin/contracts/package.json")), "..", "..");
  const contents = (name: string): { contents: string } => ({ contents: readFileSync(join(modules, name), "utf8") });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: contents })) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return Object.fromEntries(
    Object.entries(output.contracts[path]!).map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: `0x${evm.bytecode.object}` },
    ]),
  );
}
