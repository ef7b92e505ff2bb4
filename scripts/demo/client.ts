/** The HTTP API as the player uses it. Every call may be made again, so a server that goes away and comes back changes nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import type { accountView, accountsView, keyView } from "../../server/access/schemas.ts";
import type { Hex } from "../../server/chain/port.ts";
import { Refusal, type ProblemView } from "../../server/errors.ts";
import type { RequestState } from "../../server/relayer/requests.ts";
import type { bundle, itemResult } from "../../server/traceability/actSchemas.ts";
import type { lotView, publicView } from "../../server/traceability/schemas.ts";
import type { ActKey } from "./keys.ts";
import { createSessions, signedLogin, untilKnown, type LoginTerms } from "./login.ts";

export interface Ledger {
  chainId: number;
  authority: Hex;
  contracts: Record<"AccessManager" | "Parties" | "LotLedger" | "Credits", Hex>;
}

export interface Sender {
  nextNonce: number;
  roles: string[];
}

export interface RequestView {
  digest: Hex;
  state: RequestState;
  reason: { name: string | null; en: string; zh: string } | null;
}

export interface RequestStateView {
  digest: Hex;
  state: RequestState;
}

export interface Conservation {
  asOfBlock: number;
  ok: boolean;
  checks: { id: string; what: string; ok: boolean; left: string; right: string }[];
}

export interface Digests {
  block: number;
  hash: Hex;
  effects: Hex;
  state: { root: Hex } | null;
}

export type Bundle = z.input<typeof bundle>;
export type ItemResult = Omit<z.output<typeof itemResult>, "problem"> & { problem?: ProblemView };
export type Lot = z.output<typeof lotView>;
export type Provenance = z.output<typeof publicView>;
export type Account = z.output<typeof accountView>;
export type Key = z.output<typeof keyView>;
export type Standing = z.output<typeof accountsView>["accounts"][number];

/** A transaction as `POST /v1/…` prepares it. */
export interface Prepared {
  transaction: { chainId: number; to: Hex; data: string; nonce: number; gasLimit: string };
  summary: { zh: string; en: string };
}

export interface Api {
  ledger(): Promise<Ledger>;
  sender(address: Hex): Promise<Sender>;
  account(id: Hex): Promise<Account | undefined>;
  /** A key that was ever bound, by its id of 32 bytes. */
  key(id: Hex): Promise<Key | undefined>;
  /** Those of the accounts that are registered. @param ids up to 100 */
  accounts(ids: readonly Hex[]): Promise<Standing[]>;
  /** Those of the keys that were ever bound. @param ids up to 100 */
  keys(ids: readonly Hex[]): Promise<Key[]>;
  request(id: Hex): Promise<RequestView | undefined>;
  /** States of those that the server knows. @param ids up to 100 */
  states(ids: readonly Hex[]): Promise<RequestStateView[]>;
  lot(id: Hex): Promise<Lot | undefined>;
  /** Where a lot came from, as everybody sees it: collapsed by facility. */
  provenance(id: Hex): Promise<Provenance>;
  conservation(): Promise<Conservation>;
  /** @param block a block's number; without it, of now */
  digest(block?: number): Promise<Digests>;
  sendActs(bundle: Bundle): Promise<ItemResult[]>;
  /** What any other address answers; `undefined` where there is nothing. @param by who asks, where that counts */
  read<T>(path: string, by?: ActKey): Promise<T | undefined>;
  /** A transaction to sign, or why the contract would refuse it. @param by who asks, where that is not for everybody */
  prepare(path: string, body: object, by?: ActKey): Promise<Prepared | { refused: string }>;
  /** A token for a key, good for a quarter of an hour and for the server that gave it. */
  login(key: ActKey): Promise<string>;
  /** Stores a document; it may be there already. @returns its sha256 */
  upload(by: ActKey, bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Hex>;
  /** Hands in a raw transaction; `nonce-taken` when another one has its nonce. */
  sendTransaction(raw: Hex): Promise<"accepted" | "nonce-taken">;
}

/** Where the server is, and what to do when it does not answer. */
export interface Link {
  url(): string;
  /** Resolves when there is a server again that is ready, the same or another; @throws Refusal when there will be none */
  attach(): Promise<void>;
}

interface Answer {
  status: number;
  body: unknown;
}

const ANSWER_WITHIN_MS = 30_000;

/** Pauses before trying again, in milliseconds: about a minute in all, not counting the time a new server takes to start. */
const pauses = [50, 100, 200, 400, 800, ...Array<number>(29).fill(2_000)];

/** What is sent besides JSON: a document's bytes, and the token of who sends it. */
interface Sending {
  bytes?: Uint8Array<ArrayBuffer>;
  mediaType?: string;
  token?: string;
}

async function once(url: string, body: unknown, { bytes, mediaType, token }: Sending): Promise<Answer> {
  const payload = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    headers: {
      "content-type": mediaType ?? "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(payload === undefined ? {} : { method: "POST", body: payload }),
  });
  return { status: response.status, body: await response.json() };
}

export function createApi(link: Link): Api {
  async function call(path: string, body?: unknown, sending: Sending = {}): Promise<Answer> {
    let why = "";
    for (const pause of pauses) {
      try {
        const answer = await once(link.url() + path, body, sending);
        if (answer.status !== 503 && answer.status !== 429) return answer;
        why = words(answer);
      } catch (error) {
        // not reached, cut off in the middle, or too slow: all the same here
        why = error instanceof Error ? error.message : String(error);
      }
      await sleep(pause);
      await link.attach();
    }
    throw new Refusal(`${link.url()}${path} could not be had for a minute (${why}). See server.log in the home.`);
  }

  async function get<T>(path: string): Promise<T> {
    const found = await find<T>(path);
    if (found === undefined) throw new Refusal(`The server has nothing at ${path}. Is it another version of Tidemark?`);
    return found;
  }

  async function login(key: ActKey): Promise<string> {
    // the server that drew the number may be gone, and another one come up elsewhere
    const answer = await untilKnown(async () => {
      const drawn = await call("/v1/login/nonce", {});
      return call("/v1/login", signedLogin(drawn.body as LoginTerms, key));
    });
    if (answer.status !== 200) throw refused("/v1/login", answer);
    return (answer.body as { token: string }).token;
  }

  const askAs = createSessions(login);

  /** In the name of a key, or of nobody. */
  const callAs = (by: ActKey | undefined, path: string, body?: unknown, sending: Sending = {}): Promise<Answer> =>
    by ? askAs(by, (token) => call(path, body, { ...sending, token })) : call(path, body, sending);

  async function find<T>(path: string, by?: ActKey): Promise<T | undefined> {
    const answer = await callAs(by, path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(path, answer);
    return answer.body as T;
  }

  return {
    ledger: () => get("/v1/ledger"),
    sender: (address) => get(`/v1/senders/${address}`),
    account: (id) => find(`/v1/accounts/${id}`),
    key: (id) => find(`/v1/keys/${id}`),
    accounts: async (ids) => (await get<{ accounts: Standing[] }>(`/v1/accounts?${several("id", ids)}`)).accounts,
    keys: async (ids) => (await get<{ keys: Key[] }>(`/v1/keys?${several("id", ids)}`)).keys,
    request: (id) => find(`/v1/requests/${id}`),
    async states(ids) {
      const { requests } = await get<{ requests: RequestStateView[] }>(`/v1/requests?${several("digest", ids)}`);
      return requests;
    },
    lot: (id) => find(`/v1/lots/${id}`),
    provenance: (id) => get(`/v1/lots/${id}/provenance`),
    conservation: () => get("/v1/audit/conservation"),
    digest: (block) => get(`/v1/audit/digest${block === undefined ? "" : `?block=${block}`}`),
    async sendActs(bundle) {
      const answer = await call("/v1/acts", bundle);
      const { results } = answer.body as { results?: ItemResult[] };
      if ((answer.status !== 202 && answer.status !== 422) || !results) throw refused("/v1/acts", answer);
      return results;
    },
    read: find,
    async prepare(path, body, by) {
      const answer = await callAs(by, path, body);
      if (answer.status === 409) return { refused: words(answer) };
      if (answer.status !== 200) throw refused(path, answer);
      return answer.body as Prepared;
    },
    login,
    async upload(by, bytes, mediaType) {
      const answer = await callAs(by, "/v1/documents", undefined, { bytes, mediaType });
      if (answer.status !== 200 && answer.status !== 201) throw refused("/v1/documents", answer);
      return (answer.body as { sha256: Hex }).sha256;
    },
    async sendTransaction(raw) {
      const answer = await call("/v1/transactions", { raw });
      if (answer.status === 409) return "nonce-taken";
      if (answer.status !== 202) throw refused("/v1/transactions", answer);
      return "accepted";
    },
  };
}

const several = (name: string, ids: readonly Hex[]): string => ids.map((id) => `${name}=${id}`).join("&");

/** The problem document of an answer in words. */
function words({ status, body }: Answer): string {
  const { title, detail, remedy } = body as Partial<ProblemView>;
  return title ? `${title}: ${detail ?? ""}. ${remedy ?? ""}` : `status ${status}`;
}

const refused = (path: string, answer: Answer): Refusal => new Refusal(`The server refused ${path}. ${words(answer)}`);

/** Does the work for every item, at most `width` at a time. */
export async function eachOf<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
