/** A whole server in this process on a home of its own, asked over real HTTP; every answer is judged by the served document. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "chai";
import { SigningKey } from "ethers";
import { openKeyFile, saveKeyFile } from "../../server/chain/keyFile.ts";
import type { Hex } from "../../server/chain/port.ts";
import { createSigner } from "../../server/chain/transactions.ts";
import { readConfig, settings } from "../../server/config.ts";
import { createLog, type Log } from "../../server/log.ts";
import { start, type Running } from "../../server/main.ts";
import type { ActKey, Cast } from "../../scripts/demo/keys.ts";
import { signedLogin, type LoginTerms } from "../../scripts/demo/login.ts";
import type { SignedItem } from "../../scripts/bench/acts.ts";
import { note, noteDocument, type Document } from "./answered.ts";
import { copyHome } from "./homes.ts";

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface TestApi {
  running: Running;
  /** the server's folder */
  home: string;
  cast: Cast;
  acts(from: number, count: number): SignedItem[];
  /** GET, or POST where there is a body. A string body is sent as it is. The answer is checked against the document. */
  ask(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Starts another server on its home, where none runs any more. @param options.waits whether for it to be ready */
  again(env: Record<string, string>, options?: { waits: boolean }): Promise<TestApi>;
  close(): Promise<void>;
}

/** Finds the documented path that a concrete one is an instance of. */
function documentedPath(document: Document, path: string): string | undefined {
  const plain = path.split("?")[0]!;
  return Object.keys(document.paths).find((template) =>
    new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
}

const escape = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** Judges an answer by what the served document has for its path, method, status and media type, and notes it. */
export function createJudge(
  document: Document,
): (method: string, path: string, answer: Answer, request?: unknown) => void {
  noteDocument(document);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "openapi");
  const compiled = new Map<string, ValidateFunction>();
  return (method, path, { status, headers, body }, request) => {
    const template = documentedPath(document, path);
    if (template === undefined) return;
    const documented = document.paths[template]![method]?.responses[status];
    if (!documented && status === 405) return;
    expect(documented, `${method} ${template} answers ${status}, which the document does not have`).to.not.equal(
      undefined,
    );
    const media = headers.get("content-type")!.split(";")[0]!;
    expect(Object.keys(documented!.content ?? {}), `${method} ${template} ${status}`).to.include(media);
    for (const [name, { required }] of Object.entries(documented!.headers ?? {})) {
      if (required) expect(headers.get(name), `${name} of ${method} ${template} ${status}`).to.be.a("string");
    }
    const pointer = ["paths", template, method, "responses", String(status), "content", media, "schema"];
    const reference = `openapi#/${pointer.map(escape).map(encodeURIComponent).join("/")}`;
    let validate = compiled.get(reference);
    if (!validate) compiled.set(reference, (validate = ajv.compile({ $ref: reference })));
    expect(
      validate(body),
      `${path} ${JSON.stringify(validate.errors)} in ${JSON.stringify(body).slice(0, 600)}`,
    ).to.equal(true);
    const code = media === "application/problem+json" ? { code: String(body["code"]) } : {};
    note({ route: `${method} ${template}`, status, ...code }, request, body);
  };
}

/**
 * Starts a server whose register has the demo's people.
 * @param held keys of accounts that it holds
 */
export async function openApi(
  env: Record<string, string> = {},
  log: Log = createLog("silent"),
  held: readonly Hex[] = [],
): Promise<TestApi> {
  const home = await mkdtemp(join(tmpdir(), "tidemark-api-"));
  const known = await copyHome(home);
  await holdKeys(home, held);
  return serve(home, known, env, log);
}

async function serve(
  home: string,
  known: Pick<TestApi, "cast" | "acts">,
  env: Record<string, string>,
  log: Log,
  waits = true,
): Promise<TestApi> {
  const config = readConfig({ TIDEMARK_HOME: home, TIDEMARK_PORT: "0", TIDEMARK_BODY_LIMIT: "1000000", ...env });
  const running = await start(config, log);
  if (waits) await running.ready;
  else running.ready.catch(() => undefined);
  const judge = createJudge((await (await fetch(`${running.url}/openapi.json`)).json()) as Document);
  return {
    running,
    home,
    ...known,
    async ask(path, body, headers = {}) {
      const response = await fetch(running.url + path, {
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const answer = {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      };
      judge(body === undefined ? "get" : "post", path, answer, body);
      return answer;
    },
    again: (changed, options) => serve(home, known, { ...env, ...changed }, log, options?.waits),
    async close() {
      await running.stop();
      await rm(home, { recursive: true });
    },
  };
}

/** Puts keys of accounts into the key file of a home that no server holds. */
export async function holdKeys(home: string, held: readonly Hex[]): Promise<void> {
  if (held.length === 0) return;
  const passphrase = settings.TIDEMARK_PASSPHRASE.embedded;
  await saveKeyFile(home, passphrase, { ...(await openKeyFile(home, passphrase, true)), held: [...held] });
}

/** Logs a key in. @returns the header that says so */
export async function logInAs(api: Pick<TestApi, "ask">, key: ActKey): Promise<Record<string, string>> {
  const drawn = await api.ask("/v1/login/nonce", {});
  const { body } = await api.ask("/v1/login", signedLogin(drawn.body as unknown as LoginTerms, key));
  return { authorization: `Bearer ${String(body["token"])}` };
}

/** Logs the home's administrator in. @returns the header that says so */
export async function logInAsAdmin(api: Pick<TestApi, "ask" | "home">): Promise<Record<string, string>> {
  const { admin } = await openKeyFile(api.home, settings.TIDEMARK_PASSPHRASE.embedded, true);
  const key = new SigningKey(admin!);
  const sign = (digest: Uint8Array): Hex => key.sign(digest).compactSerialized as Hex;
  return logInAs(api, { address: createSigner(admin!).address, sign });
}
