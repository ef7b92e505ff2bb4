import { expect } from "chai";
import { bigints, ints, smallints, texts } from "../../../server/indexer/columns.ts";
import { eachDatabase } from "../../support/databases.ts";
import type { Db } from "../../../server/db/port.ts";

const same = <T>(value: T): T => value;

eachDatabase("columns in binary form", (open) => {
  let db: Db;

  before(async () => {
    db = await open();
  });

  it("given the ends of each type and none, when sent, then they arrive as they were", async () => {
    const whole = [0, -1, 2 ** 31, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const wide = [2n ** 63n - 1n, -(2n ** 63n), undefined];
    const int = [0, 2 ** 31 - 1, -(2 ** 31), undefined];
    const small = [0, 2 ** 15 - 1, -(2 ** 15), undefined];
    const text = ["", "0xab", undefined, "handoff"];
    const [row] = await db.sql`
      SELECT ${bigints(whole, same)}::bigint[] AS whole, ${bigints(wide, same)}::bigint[] AS wide,
        ${ints(int, same)}::int[] AS int, ${smallints(small, same)}::smallint[] AS small,
        ${texts(text, same)}::text[] AS text, ${ints([], same)}::int[] AS empty`;
    const orNull = (values: readonly unknown[]): unknown[] => values.map((value) => value ?? null);
    expect(row).to.deep.equal({
      whole: whole.map(BigInt),
      wide: orNull(wide),
      int: orNull(int),
      small: orNull(small),
      text: orNull(text),
      empty: [],
    });
  });
});

describe("columns in binary form", () => {
  it("given numbers that a column cannot hold, when written, then they are refused and not cut", () => {
    for (const bad of [Number.NaN, 0.5, 2 ** 31]) expect(() => ints([bad], same), `${bad}`).to.throw(RangeError);
    for (const bad of [Number.NaN, 2 ** 15]) expect(() => smallints([bad], same), `${bad}`).to.throw(RangeError);
    for (const bad of [Number.NaN, 1.5, 2 ** 53, 2n ** 63n]) {
      expect(() => bigints([bad], same), `${bad}`).to.throw(RangeError);
    }
  });
});
