/** What there is on a server, so that a fuzzer's requests reach more than "not found". */

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Lists that tell of everything else; of each its first page. */
const LISTS = ["lots", "accounts", "batches", "reports", "projects", "retirements", "pools", "methodologies"];
/** Of each list so many things are looked into. */
const LOOKED_INTO = 6;

/** What an id, a hash or a number of a thing looks like in an answer. */
const isName = (text: string): boolean => /^(0x([0-9a-f]{40}|[0-9a-f]{64})|[1-9]\d{0,5})$/.test(text);

function collect(value: Json, into: Set<string>): void {
  if (typeof value === "string" && isName(value)) into.add(value);
  else if (Array.isArray(value)) for (const each of value) collect(each, into);
  else if (value !== null && typeof value === "object") for (const each of Object.values(value)) collect(each, into);
}

/** Ids, hashes and numbers that stand in the lists of the server at `url`, and in what they list. */
export async function readKnown(url: string): Promise<string[]> {
  const known = new Set<string>();
  const read = async (path: string): Promise<Json> => {
    const answer = (await (await fetch(url + path)).json()) as Json;
    collect(answer, known);
    return answer;
  };
  for (const list of LISTS) {
    const page = (await read(`/v1/${list}?limit=50`)) as Record<string, { id?: string }[]>;
    for (const { id } of (page[list] ?? []).slice(0, LOOKED_INTO)) {
      await read(`/v1/${list}/${id}`);
      if (list === "accounts") await read(`/v1/accounts/${id}/blocks`);
    }
  }
  return [...known];
}
