/** Rows of a file of comma-separated values, each with the line it stands on, so that what is wrong can be named. */

/** A row's cells by the names of their columns. */
export interface Row {
  /** from 1; the header is line 1 */
  line: number;
  cells: Record<string, string>;
}

/** What is wrong with one line of a file. */
export interface Fault {
  line: number;
  what: string;
}

interface Table {
  rows: Row[];
  faults: Fault[];
}

/**
 * Reads values that hold neither commas nor quotes (ids, numbers, names of codes); blank lines are left out.
 * @param columns that the header names, in any order; `optional` ones may be missing and are then empty
 */
function readTable(text: string, columns: readonly string[], optional: readonly string[]): Table {
  const [head = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const names = cellsOf(head);
  const faults = headFaults(names, columns, optional).map((what) => ({ line: 1, what }));
  if (faults.length > 0) return { rows: [], faults };
  const rows: Row[] = [];
  for (const [i, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const [line, values] = [i + 2, cellsOf(text)];
    if (values.length !== names.length) {
      faults.push({ line, what: `has ${values.length} values, and the header names ${names.length} columns` });
      continue;
    }
    const given = Object.fromEntries(names.map((name, n) => [name, values[n]!]));
    rows.push({ line, cells: { ...Object.fromEntries(optional.map((name) => [name, ""])), ...given } });
  }
  return { rows, faults };
}

/** What the rows of a file are read by. */
export interface Form<T> {
  columns: readonly string[];
  optional: readonly string[];
  /** what is wrong with a row, each thing in words */
  faultsOf(row: Row): string[];
  make(row: Row): T;
  /** what may stand in a file once only, with what it is called */
  once(made: T): readonly [what: string, id: string];
}

/** The rows of a file as what they stand for. What is wrong with any is told with its line; what stands there twice too. */
export function readRows<T>(text: string, form: Form<T>): { rows: T[]; faults: Fault[] } {
  const table = readTable(text, form.columns, form.optional);
  const faults = [...table.faults];
  const lines = new Map<string, number>();
  const rows = table.rows.flatMap((row) => {
    const { line } = row;
    const wrong = form.faultsOf(row);
    faults.push(...wrong.map((what) => ({ line, what })));
    if (wrong.length > 0) return [];
    const made = form.make(row);
    const [called, id] = form.once(made);
    const before = lines.get(id);
    if (before !== undefined) faults.push({ line, what: `${called} stands on line ${before} already` });
    lines.set(id, line);
    return [made];
  });
  return { rows, faults };
}

const cellsOf = (line: string): string[] => line.split(",").map((cell) => cell.trim());

function headFaults(names: readonly string[], columns: readonly string[], optional: readonly string[]): string[] {
  const known = [...columns, ...optional];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return [
    ...columns.filter((name) => !names.includes(name)).map((name) => `the header does not name the column ${name}`),
    ...names
      .filter((name) => !known.includes(name))
      .map((name) => `"${name}" is no column; there are ${known.join(", ")}`),
    ...(twice === undefined ? [] : [`the header names ${twice} twice`]),
  ];
}
