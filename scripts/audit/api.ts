/** The server's side of an audit: what anybody may ask of it, without a login. */
import type { Hex } from "../../server/chain/port.ts";
import { ask, askBytes, CouldNot, wordsOf } from "./ask.ts";
import type { Told } from "./events.ts";

export interface Ledger {
  chainId: number;
  contracts: Record<Told, Hex>;
}

export interface Digests {
  block: number;
  hash: Hex;
  effects: Hex;
  state: { version: string; root: Hex; buckets: Hex[] } | null;
}

export interface RecordPage {
  block: number;
  records: { key: string; value: string }[];
  next: string | null;
}

export interface Conservation {
  asOfBlock: number;
  checks: { id: string; ok: boolean; left: string; right: string }[];
}

export interface LotAnswer {
  id: Hex;
  class: { code: number };
  massGrams: number;
  custodian: Hex | null;
  seq: number;
  disposition: string;
  flags: string[];
}

export interface Api {
  ledger(): Promise<Ledger>;
  /** @param block without it, of now, with the state digest */
  digest(block?: number): Promise<Digests>;
  /** Of one bucket of the state digest, or of all. */
  records(wanted: { bucket?: number; after?: string; limit?: number }): Promise<RecordPage>;
  /** The block it stands at now. */
  block(): Promise<number>;
  conservation(): Promise<Conservation>;
  /** `undefined` where it says that there is none. */
  lot(id: Hex): Promise<LotAnswer | undefined>;
  /** A document's bytes by its sha256; `undefined` where it says that there is none. */
  document(digest: Hex): Promise<Buffer | undefined>;
}

/** @param url of the server, without a path */
export function createApi(url: string): Api {
  async function find(path: string, how: (url: string) => ReturnType<typeof ask> = ask): Promise<unknown> {
    const answer = await how(url + path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new CouldNot(`${url}${path} was refused: ${wordsOf(answer)}.`);
    return answer.body;
  }
  async function get<T>(path: string): Promise<T> {
    const found = await find(path);
    if (found === undefined) throw new CouldNot(`There is nothing at ${url}${path}. Is it a Tidemark server?`);
    return found as T;
  }
  const records: Api["records"] = (wanted) => {
    const query = Object.entries(wanted).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return get(`/v1/audit/records?${query.join("&")}`);
  };
  return {
    records,
    ledger: () => get("/v1/ledger"),
    digest: (block) => get(`/v1/audit/digest${block === undefined ? "" : `?block=${block}`}`),
    block: async () => (await records({ limit: 1 })).block,
    conservation: () => get("/v1/audit/conservation"),
    lot: async (id) => (await find(`/v1/lots/${id}`)) as LotAnswer | undefined,
    document: async (digest) => (await find(`/v1/documents/${digest}`, askBytes)) as Buffer | undefined,
  };
}
