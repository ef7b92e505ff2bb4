/** The command line as a whole: what every verb has. */
import { expect } from "chai";
import type { Command } from "commander";
import { createProgram } from "../../scripts/tidemark/program.ts";
import { keepingTerminal } from "../support/terminal.ts";

describe("tidemark, its commands", () => {
  const verbs = createProgram(keepingTerminal({}).terminal).commands.flatMap((noun) =>
    noun.commands.map((verb): [string, Command] => [`${noun.name()} ${verb.name()}`, verb]),
  );

  it("given every verb, when its help is asked for, then it says what it does in both languages, and takes --json and --api", () => {
    expect(verbs).to.have.length.at.least(20);
    for (const [name, verb] of verbs) {
      expect(verb.description(), name).to.match(/\p{Script=Han}.* [A-Z]\w+/u);
      expect(
        verb.options.map(({ long }) => long),
        name,
      ).to.include.members(["--json", "--api"]);
      for (const { description } of [...verb.options, ...verb.registeredArguments]) {
        expect(description, name).to.not.equal("");
      }
    }
  });

  it("given every verb, when its arguments and options are read, then none is a key that signs", () => {
    for (const [name, verb] of verbs) {
      const taken = [...verb.options.map(({ long }) => long), ...verb.registeredArguments.map((each) => each.name())];
      expect(taken.join(" "), name).to.not.match(/secret|private|passphrase/i);
    }
  });
});
