/** The words of a certificate: each follows from what is proved, and is derived anew. */
import { lists, terms } from "../../server/access/vocabulary.ts";
import type { Certificate } from "../../server/carbon/certificateForm.ts";
import { Fault } from "./faults.ts";

/** `TM-7-2019-1-270000`: batch, vintage, first and last serial. */
function serialsOf({ id, kg }: { id: string; kg: string }, { batches }: Certificate["proved"]): string {
  const [batch, first] = [BigInt(id) >> 128n, BigInt.asUintN(128, BigInt(id))];
  const vintage = batches.find((each) => each.id === String(batch))?.vintage;
  return `TM-${batch}-${vintage}-${first}-${first + BigInt(kg) - 1n}`;
}

function check(field: string, said: string, derived: string): void {
  if (said !== derived) throw new Fault(field, `应为 ${derived}`, `is ${derived}, by what is proved`);
}

function checkTerm(field: string, said: string, list: number, code: number): void {
  const term = terms.find((each) => each.list === list && each.code === code)?.term;
  if (term === undefined) {
    throw new Fault(
      field,
      `本工具不认识代码 ${code}，请使用新版`,
      `is for code ${code}, which a newer version may know`,
    );
  }
  check(field, said, term);
}

/** @throws Fault */
export function checkDescribed({ proved, described }: Certificate): void {
  const { blocks, purpose } = proved.retirement;
  check("described.kg", described.kg, String(blocks.reduce((sum, { kg }) => sum + BigInt(kg), 0n)));
  for (const [field, said, { length }] of [
    ["described.serials", described.serials, blocks],
    ["described.scopes", described.scopes, proved.batches],
  ] as const) {
    if (said.length !== length) throw new Fault(field, `应有 ${length} 项`, `has not one for each of ${length}`);
  }
  blocks.forEach((block, i) => check(`described.serials[${i}]`, described.serials[i]!, serialsOf(block, proved)));
  checkTerm("described.purpose", described.purpose, lists.purpose, purpose);
  proved.batches.forEach(({ scope }, i) =>
    checkTerm(`described.scopes[${i}]`, described.scopes[i]!, lists.claimScope, scope),
  );
}
