/** Columns of rows as array parameters for `unnest`. */

/**
 * One column as an array literal. Several times faster than the driver's own way, which escapes every element: so only
 * for values that need no escaping, which are hex text, decimal numbers and booleans.
 */
export function column(values: readonly (string | number | bigint | boolean)[]): string {
  return `{${values.join(",")}}`;
}

/** What stands for NULL in a column's text. */
export const orNull = <T>(value: T | undefined): T | "NULL" => value ?? "NULL";
