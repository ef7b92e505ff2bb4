/** Credits to be issued, from a file: who gets how much of which vintage. */
import { lists, terms } from "../../server/access/vocabulary.ts";
import type { Hex } from "../../server/chain/port.ts";
import { readRows, type Fault, type Row } from "./csv.ts";
import { isAddress } from "./ids.ts";

/** One batch as `POST /v1/projects/{id}/issuances` takes it. */
export interface Vintage {
  vintage: number;
  /** a code of the vocabulary */
  scope: number;
  allotments: { recipient: Hex; kg: string }[];
}

interface Allotment {
  vintage: number;
  scope: number;
  recipient: Hex;
  kg: string;
}

const scopes = terms.filter(({ list }) => list === lists.claimScope);
const scopeOf = (text: string): number | undefined =>
  scopes.find(({ code, term }) => term === text || String(code) === text)?.code;

/**
 * Reads the file; rows of one vintage and scope are one batch, in their order.
 * @param usual the claim scope of rows that name none
 */
export function readVintages(text: string, usual: number): { batches: Vintage[]; faults: Fault[] } {
  const { rows, faults } = readRows(text, {
    columns: ["vintage", "recipient", "kg"],
    optional: ["scope"],
    faultsOf: rowFaults,
    make: ({ cells }) => allotmentOf(cells, usual),
    once: ({ vintage, scope, recipient }) => [`${recipient} of ${vintage}`, `${vintage} ${scope} ${recipient}`],
  });
  const batches = new Map<string, Vintage>();
  for (const { vintage, scope, ...allotment } of rows) {
    const batch = batches.get(`${vintage} ${scope}`) ?? { vintage, scope, allotments: [] };
    batch.allotments.push(allotment);
    batches.set(`${vintage} ${scope}`, batch);
  }
  const empty = rows.length === 0 && faults.length === 0 ? [{ line: 1, what: "no row follows the header" }] : [];
  return { batches: [...batches.values()], faults: [...faults, ...empty] };
}

function rowFaults({ cells }: Row): string[] {
  const { vintage = "", recipient = "", kg = "", scope = "" } = cells;
  const known = scopes.map(({ code, term }) => `${term} (${code})`).join(", ");
  return [
    ...(/^[12]\d{3}$/.test(vintage) ? [] : [`vintage "${vintage}" is not a year such as 2024`]),
    ...(isAddress(recipient) ? [] : [`recipient "${recipient}" is not 0x and 40 hex digits in lower case`]),
    ...(/^[1-9]\d{0,17}$/.test(kg) ? [] : [`kg "${kg}" is not a whole number above zero`]),
    ...(scope === "" || scopeOf(scope) !== undefined ? [] : [`scope has "${scope}"; there are ${known}, or nothing`]),
  ];
}

function allotmentOf(cells: Row["cells"], usual: number): Allotment {
  const { vintage, recipient, kg, scope } = cells as Record<"vintage" | "recipient" | "kg" | "scope", string>;
  return { vintage: Number(vintage), scope: scopeOf(scope) ?? usual, recipient: recipient as Hex, kg };
}
