/** How column values come back: exact integers as bigint, exact decimals as text, never through a float. */
import { TypeOverrides } from "pg";

// type ids are fixed in PostgreSQL's catalogue (pg_type.dat)
const int8 = 20;
const int8Array = 1016;
const numericArray = 1231;

/** One-dimensional arrays of numbers only: their text form holds no quotes, escapes or braces. */
function numbers<T>(parse: (text: string) => T): (text: string) => (T | null)[] {
  return (text) =>
    text === "{}"
      ? []
      : text
          .slice(1, -1)
          .split(",")
          .map((item) => (item === "NULL" ? null : parse(item)));
}

/** The driver's parsers with ours over them; `numeric` stays text as the driver has it, its array too. */
export function createTypes(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(int8, BigInt);
  types.setTypeParser(int8Array, numbers(BigInt));
  types.setTypeParser(numericArray, numbers(String));
  return types;
}
