/**
 * Whether every route of the document was asked by the tests beside this one, which ran before it in this process: with
 * success, as each caller whom it is not for, and for each problem that it names. Last by its name.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { SigningKey } from "ethers";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import type { Hex } from "../../../server/chain/port.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { settings } from "../../../server/config.ts";
import { answered, seen } from "../../support/answered.ts";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";
import { skipBecause } from "../../support/skip.ts";

interface Operation {
  parameters?: { in: string; name: string }[];
  security?: object[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }>;
}

/** What no test of these can bring about, and where it is: one reason each. */
const elsewhere: Record<string, string> = {
  internal: "a fault of ours; test/server/api/logs.ts provokes one in an application of its own",
  busy: "test/server/api/acts.ts and rpc.ts, on applications with little room",
  "rate-limited": "test/server/api/limits.ts, on applications with low limits",
  "not-ready": "while a journal is replayed: test/flows/kills; a network that went away: problems.ts",
  "not-writable": "a full disk or a lost database: test/flows",
  "documents-away": "Kubo that does not answer: test/server/documents/kubo.ts",
  "document-damaged": "test/server/api/documents.ts, for the routes that give out bytes",
  "not-provable": "test/server/chain/proofs.ts: the embedded chain proves everything",
};

/** What one place answers for many routes: seen at one of them is enough. */
const shared: Record<string, readonly string[]> = {
  // server/api/held.ts, for every route that prepares
  "where the server holds the key": [
    ...["login-needed", "signer-foreign", "idempotency-key-needed", "idempotency-key-reused", "account-not-active"],
    ...["sender-unknown", "nonce-taken"],
  ],
  // server/profit/divisions.ts and inputs.ts
  "of a division": ["subject-unknown", "ruleset-unknown", "ruleset-not-fitting", "nobody-entitled"],
  // needCodes of server/carbon/prepare.ts
  "of the vocabulary": ["vocabulary-unknown"],
};
const sharedCodes = new Set(Object.values(shared).flat());

/** Streams, and what `ask` does not judge. */
const otherwise: Record<string, string> = {
  "get /v1/events": "test/server/api/events.ts reads the stream itself",
  "get /v1/documents/{id}": "test/server/api/documents.ts reads the bytes",
  "post /v1/documents": "test/server/api/documents.ts sends bytes",
  "post /rpc": "test/server/api/rpc.ts speaks JSON-RPC",
};

const signatureBy =
  (secret: Hex) =>
  (digest: Uint8Array): Hex =>
    new SigningKey(secret).sign(digest).compactSerialized as Hex;

/** Short, and without what opens anything: lists of two, no tokens, no machine's address. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 2).map(shortened);
  if (typeof value === "string") {
    return value
      .replace(/^ey[\w-]+\.[\w-]+\.[\w-]+$/, "eyJhbGciOiJFZERTQSJ9.…")
      .replace(/tmk_\w+/, "tmk_…")
      .replaceAll(/(http:\/\/)?127\.0\.0\.1:\d+/g, (_, scheme) => `${scheme ? "https://" : ""}ledger.example`);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortened(inner)]));
}

const shown = ([route, example]: [string, unknown]): [string, unknown] =>
  route === "get /openapi.json" ? [route, { answers: { 200: { openapi: "3.1.0" } } }] : [route, shortened(example)];

const here = new URL(".", import.meta.url);

describe("the routes of the document", () => {
  let api: TestApi | undefined;
  let operations: [string, Operation][];

  before(async function () {
    this.timeout(60_000);
    const ran = new Set((this.test?.parent?.parent?.suites ?? []).map(({ file }) => basename(file ?? "")));
    const missing = readdirSync(here).filter((name) => name.endsWith(".ts") && !ran.has(name));
    if (missing.length > 0)
      return skipBecause(this, `it looks back at all of test/server/api; ${missing[0]} did not run`);
    api = await openApi();
    const document = (await (await fetch(`${api.running.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
    );
  });
  // TIDEMARK_TEST_EXAMPLES=server/api/examples.json writes the examples of the document anew
  after(async () => {
    const target = process.env["TIDEMARK_TEST_EXAMPLES"];
    if (target)
      writeFileSync(target, JSON.stringify(Object.fromEntries(Object.entries(seen).sort().map(shown)), null, 2));
    await api?.close();
  });

  const of = (route: string): ReturnType<typeof answered> => answered().filter((each) => each.route === route);

  it("given every route, when it is asked in a form that it does not take, then it says what is wrong with it", async () => {
    const { admin } = await openKeyFile(api!.home, settings.TIDEMARK_PASSPHRASE.embedded, true);
    const headers = await logInAs(api!, { address: createSigner(admin!).address, sign: signatureBy(admin!) });
    const large = JSON.stringify({ much: "x".repeat(1_000_001) });
    for (const [route, { parameters = [], requestBody, responses, security }] of operations) {
      const [method, template] = route.split(" ") as [string, string];
      if (security && security.every((each) => Object.keys(each).length > 0)) {
        const { status } = await api!.ask(template.replaceAll(/\{\w+\}/g, "x"), method === "get" ? undefined : "{}");
        expect(status, route).to.equal(401);
      }
      if (route in otherwise || !("400" in responses)) continue;
      const path = template.replaceAll(/\{\w+\}/g, "x");
      const asked = parameters.some((each) => each.in === "path") ? path : `${path}?nonsense=1`;
      const malformed = await api!.ask(asked, method === "get" ? undefined : [], headers);
      expect(malformed.body["code"], route).to.equal("invalid-request");
      if (!requestBody?.content["application/json"]) continue;
      const refused = async (body: string, more = {}): Promise<unknown> =>
        (await api!.ask(path, body, { ...headers, ...more })).body["code"];
      expect(await refused("{"), route).to.equal("malformed-json");
      expect(await refused("{}", { "content-type": "text/plain" }), route).to.equal("unsupported-media-type");
      expect(await refused(large), route).to.equal("body-too-large");
    }
  });

  it("given every route, when the tests have run, then each was answered with success", () => {
    const missing = operations
      .map(([route]) => route)
      .filter((route) => !(route in otherwise) && !of(route).some(({ status }) => status < 300));
    expect(missing).to.deep.equal([]);
  });

  it("given every route that is not for everybody, when the tests have run, then each refused who it is not for", () => {
    const missing = operations.flatMap(([route, { security, parameters = [], responses }]) => {
      // one that prepares refuses strangers to the keys that the server holds: below
      const prepares = parameters.some(({ name }) => name === "idempotency-key");
      if (!security || prepares || route in otherwise) return [];
      const refused = ["401", "403"].filter((status) => status in responses);
      return refused
        .filter((status) => !of(route).some((each) => String(each.status) === status))
        .map((status) => `${route} ${status}`);
    });
    expect(missing).to.deep.equal([]);
  });

  it("given every problem that a route names, when the tests have run, then each was seen, or there is a reason why not", () => {
    const missing = operations.flatMap(([route, { responses }]) => {
      if (route in otherwise) return [];
      const named = Object.values(responses).flatMap(({ content }) =>
        Object.keys(content?.["application/problem+json"]?.examples ?? {}),
      );
      return named
        .filter((code) => !(code in elsewhere))
        .filter((code) => !(sharedCodes.has(code) ? answered() : of(route)).some((each) => each.code === code))
        .map((code) => `${route} ${code}`);
    });
    expect(missing).to.deep.equal([]);
  });
});
