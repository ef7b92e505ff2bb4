/** Bringing the register to what a file or a list of keys says, with a bar a step, and what came of it line by line. */
import { readFileSync } from "node:fs";
import { Refusal } from "../../server/errors.ts";
import { count, type Screen, type Step } from "../demo/screen.ts";
import { carryOut, type Outcome, type Plan, type WorkDeps } from "../registry/work.ts";
import type { Desk } from "./desk.ts";
import type { Answer } from "./verb.ts";

/** Faults that are printed. */
const SHOWN = 50;

/** @throws Refusal where the file cannot be read */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Refusal(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** One bar a step; nothing where the answer is to be one JSON document. */
function progressOn(screen: Screen | undefined): WorkDeps["progress"] {
  const labels = { compare: ["比对", "Compare"], record: ["登记", "Record"] } as const;
  const open = new Map<string, Step>();
  return (name, done, total) => {
    if (!screen) return;
    const [zh, en] = labels[name];
    const step = open.get(name) ?? screen.step(zh, en);
    open.set(name, step);
    if (done < total) step.update(done, total, `${count(done)} / ${count(total)}`);
    else step.done(count(total));
  };
}

/** What is wrong with a file, each line with its number. @param named what the lines are: "line", "key" */
export function faultLines(named: string, faults: Outcome["faults"]): string[] {
  const more = faults.length - SHOWN;
  return [
    ...faults.slice(0, SHOWN).map(({ line, what }) => `${named} ${line}: ${what}`),
    ...(more > 0 ? [`另有 ${count(more)} 处 … and ${count(more)} more.`] : []),
  ];
}

/** Does what is missing of a plan, with the registry's key. */
export async function bring<T>(desk: Desk, named: string, plan: Plan<T>): Promise<Answer> {
  const signer = await desk.officer("REGISTRY");
  const deps = { api: desk.api, ledger: await desk.ledger(), signer, progress: progressOn(desk.screen) };
  const outcome = await carryOut(deps, plan);
  const { rows, already, done, faults } = outcome;
  const wrong = faults.length > 0;
  const sum = wrong
    ? `有 ${count(faults.length)} 处错误，已登记 ${count(done)} 条。${count(faults.length)} wrong, ${count(done)} recorded.`
    : `共 ${count(rows)} 条，新登记 ${count(done)}，原有 ${count(already)}。${count(rows)} in all, ${count(done)} recorded, ${count(already)} there before.`;
  const right = done > 0 ? "done" : "there";
  return { outcome: wrong ? "refused" : right, json: outcome, lines: [...faultLines(named, faults), sum] };
}
