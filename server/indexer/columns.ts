/** Columns of rows as array parameters for `unnest`. */
import type { Sql } from "../db/port.ts";

/**
 * One column as an array literal. Several times faster than the driver's own way, which escapes every element: so only
 * for values that need no escaping, which are hex text, decimal numbers and booleans.
 */
export function column(values: readonly (string | number | bigint | boolean)[]): string {
  return `{${values.join(",")}}`;
}

/** What stands for NULL in a column's text. */
export const orNull = <T>(value: T | undefined): T | "NULL" => value ?? "NULL";

/** Rows that one statement takes: a large message costs PGlite's socket by the square of its size. */
const AT_ONCE = 2_000;

/** A statement with its values, to be sent. */
export type Statement = (sql: Sql) => Promise<unknown>;

/** Takes the values now, for a statement that is sent later. */
export const statement =
  (text: TemplateStringsArray, ...values: unknown[]): Statement =>
  (sql) =>
    sql(text, ...values);

/** As many rows at a time as one statement takes. */
export function* slices<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += AT_ONCE) yield rows.slice(from, from + AT_ONCE);
}

/** A statement for each slice. */
export function* bySlices<Row>(rows: readonly Row[], of: (slice: readonly Row[]) => Statement): Generator<Statement> {
  for (const slice of slices(rows)) yield of(slice);
}

/** Sends them in order; the values of each are worked out while the database has the one before. */
export async function sendAll(sql: Sql, statements: Iterable<Statement>): Promise<void> {
  let sent: Promise<unknown> = Promise.resolve();
  // one that fails while the next is worked out is told of below
  for (const send of statements) {
    await sent;
    sent = send(sql);
    sent.catch(() => undefined);
  }
  await sent;
}

// Columns of many rows go over in the protocol's binary form, as PostgreSQL's array_recv reads it: a third of what the
// database does for an insert was reading array literals. One dimension, from element 1; -1 is the length of a NULL.

const HEADER = 20;
const typeIds = { bigint: 20, smallint: 21, int: 23, text: 25 } as const;

function header(bytes: Buffer, type: keyof typeof typeIds, rows: number, nulls: boolean): void {
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(nulls ? 1 : 0, 4);
  bytes.writeInt32BE(typeIds[type], 8);
  bytes.writeInt32BE(rows, 12);
  bytes.writeInt32BE(1, 16);
}

/** A `text[]` of ASCII text, such as hex. */
export function texts<Row>(rows: readonly Row[], of: (row: Row) => string | undefined): Buffer {
  let size = HEADER;
  let nulls = false;
  for (const row of rows) {
    const value = of(row);
    size += 4;
    if (value === undefined) nulls = true;
    else size += value.length;
  }
  const bytes = Buffer.allocUnsafe(size);
  header(bytes, "text", rows.length, nulls);
  let at = HEADER;
  for (const row of rows) {
    const value = of(row);
    at = bytes.writeInt32BE(value === undefined ? -1 : value.length, at);
    if (value !== undefined) at += bytes.write(value, at, "latin1");
  }
  return bytes;
}

/** Numbers of a fixed width; `write` puts one at a place. */
function fixed<Row, Value>(
  type: keyof typeof typeIds,
  width: number,
  rows: readonly Row[],
  of: (row: Row) => Value | undefined,
  write: (bytes: Buffer, value: Value, at: number) => void,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + rows.length * (4 + width));
  let nulls = false;
  let at = HEADER;
  for (const row of rows) {
    const value = of(row);
    if (value === undefined) {
      nulls = true;
      at = bytes.writeInt32BE(-1, at);
    } else {
      write(bytes, value, bytes.writeInt32BE(width, at));
      at += 4 + width;
    }
  }
  header(bytes, type, rows.length, nulls);
  return bytes.subarray(0, at);
}

/** Buffers write a fraction without it, and NaN as zero. */
function exact(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact integer`);
  return value;
}

/** An `int[]`. @throws RangeError for a number that has more than 32 bits or is no integer */
export const ints = <Row>(rows: readonly Row[], of: (row: Row) => number | undefined): Buffer =>
  fixed("int", 4, rows, of, (bytes, value, at) => bytes.writeInt32BE(exact(value), at));

/** A `smallint[]`. @throws RangeError for a number that has more than 16 bits or is no integer */
export const smallints = <Row>(rows: readonly Row[], of: (row: Row) => number | undefined): Buffer =>
  fixed("smallint", 2, rows, of, (bytes, value, at) => bytes.writeInt16BE(exact(value), at));

/** A `bigint[]`. @throws RangeError for a number that is not exact, or has more than 64 bits */
export const bigints = <Row>(rows: readonly Row[], of: (row: Row) => number | bigint | undefined): Buffer =>
  fixed("bigint", 8, rows, of, writeBigint);

const LOW = 2 ** 32;

/** In two halves: turning every number into a bigint first takes several times as long. */
function writeBigint(bytes: Buffer, value: number | bigint, at: number): void {
  if (typeof value === "bigint") {
    bytes.writeBigInt64BE(value, at);
    return;
  }
  bytes.writeInt32BE(Math.floor(exact(value) / LOW), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
