/** The server's rows against the audit's own: buckets of the state digest first, then the rows of those that differ. */
import type { Api, Digests, RecordPage } from "./api.ts";
import { CouldNot } from "./ask.ts";
import type { Books } from "./books.ts";
import { placeOfRow } from "./checks.ts";
import { bucketOf, digestVersion, stateDigest, valueOf } from "./digests.ts";
import type { Reader } from "./reader.ts";
import { serverSays, type Check, type Difference } from "./report.ts";

/** Where more buckets differ, all rows are read in one go: the server looks for a bucket among all of its rows. */
const FEW = 8;
const PAGE = 5_000;

const fieldsOf = (value: string): Map<string, string> =>
  new Map(value.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));

/** A row of both sides, field by field. */
function rowDifferences(books: Books, key: string, said: string): Difference[] {
  const row = books.rows.get(key);
  if (!row) return [serverSays(key, null, said, null, books.gone.get(key) ?? null)];
  const expected = valueOf(row);
  if (said === expected) return [];
  const [theirs, ours] = [fieldsOf(said), fieldsOf(expected)];
  const fields = [...new Set([...ours.keys(), ...theirs.keys()])].filter(
    (field) => theirs.get(field) !== ours.get(field),
  );
  if (fields.length === 0) return [serverSays(key, "(order of fields)", said, expected, null)];
  return fields.map((field) =>
    serverSays(key, field, theirs.get(field) ?? null, ours.get(field) ?? null, row.places[field] ?? null),
  );
}

/**
 * One page against the own rows between its ends.
 * @param bucket which it is of; `undefined` for all
 */
function pageDifferences(books: Books, bucket: number | undefined, after: string, page: RecordPage): Difference[] {
  const told = new Set(page.records.map(({ key }) => key));
  const differences = page.records.flatMap(({ key, value }) => rowDifferences(books, key, value));
  for (const [key, row] of books.rows) {
    if (told.has(key) || key <= after || (page.next !== null && key > page.next)) continue;
    if (bucket !== undefined && bucketOf(key) !== bucket) continue;
    differences.push(serverSays(key, null, null, valueOf(row), placeOfRow(books, key)));
  }
  return differences;
}

/**
 * Reads a bucket, or all rows. Each page holds at a block of its own, to which the books are brought first: so the server
 * may go on indexing meanwhile.
 */
async function readRows(api: Api, reader: Reader, books: Books, bucket: number | undefined): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (let after = ""; ;) {
    const wanted = { ...(bucket === undefined ? {} : { bucket }), ...(after === "" ? {} : { after }), limit: PAGE };
    const page = await api.records(wanted);
    if (page.block < books.block) {
      throw new CouldNot(
        `The server stood at block ${books.block}, and now says ${page.block}: audit one server, not several.`,
      );
    }
    await reader.advance(page.block);
    differences.push(...pageDifferences(books, bucket, after, page));
    if (page.next === null) return differences;
    if (page.next <= after) throw new CouldNot("The server's pages of records do not go on.");
    after = page.next;
  }
}

/**
 * The state digest of the block where the books stand, and the rows of what differs.
 * @param digests of that block
 */
export async function checkRows(api: Api, reader: Reader, books: Books, { block, state }: Digests): Promise<Check> {
  const check = {
    id: "rows",
    zh: "状态摘要与数据行",
    en: "state digest, and the rows where it differs",
    compared: books.rows.size,
  };
  if (state?.version !== digestVersion) {
    throw new CouldNot(
      `The server's state digest is of version ${state?.version ?? "none"}, this audit's of ${digestVersion}. Use the audit of the server's build.`,
    );
  }
  const own = stateDigest(books);
  const differing = own.buckets.flatMap((digest, i) => (state.buckets[i] === digest ? [] : [i]));
  if (differing.length === 0) {
    const differences = state.root === own.root ? [] : [serverSays("state", "root", state.root, own.root, null)];
    return { ...check, differences };
  }
  const differences: Difference[] = [];
  if (differing.length > FEW) differences.push(...(await readRows(api, reader, books, undefined)));
  else for (const bucket of differing) differences.push(...(await readRows(api, reader, books, bucket)));
  const explained = new Set(differences.map(({ key }) => bucketOf(key)));
  for (const bucket of differing.filter((bucket) => !explained.has(bucket))) {
    // written over since, or its records are not what the server digested
    const [said, expected] = [state.buckets[bucket] ?? null, own.buckets[bucket]!];
    differences.push(serverSays(`bucket/${bucket}`, "digest", said, expected, { block }));
  }
  return { ...check, differences };
}
