/**
 * Whether every route of the document was asked by the tests beside this one, which ran before it in this process: with
 * success, as each caller whom it is not for, and for each problem that it names. Last by its name.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { answered, documented, problemsOf, seen, type Operation } from "../../support/answered.ts";
import { skipBecause } from "../../support/skip.ts";

/** What no test of these can bring about at each route: where it is brought about, and why there. */
const elsewhere: Record<string, [file: string, why: string]> = {
  internal: ["test/server/api/logs.ts", "a fault of ours, provoked in an application of its own"],
  busy: ["test/server/api/rpc.ts", "an application with little room"],
  "rate-limited": ["test/server/api/limits.ts", "one gate before all routes, with low limits"],
  "headers-too-large": ["test/flows/crowds/hostile.ts", "told by the HTTP server itself, before there is a route"],
  "request-timeout": ["test/server/api/limits.ts", "told by the HTTP server itself, before there is a route"],
  "malformed-request": ["test/flows/crowds/hostile.ts", "told by the HTTP server itself, before there is a route"],
  // where something is stored also a full disk: shortage.ts
  "not-writable": ["test/flows/outages/postgres.ts", "a lost database, told for every route in one place"],
  "document-damaged": ["test/server/api/documents.ts", "at the routes that give out bytes"],
  "not-provable": ["test/server/api/certificates.ts", "a chain without eth_getProof; ours has it"],
};

const prepares = ({ parameters = [] }: Operation): boolean => parameters.some(({ name }) => name === "idempotency-key");
const divides = (_: Operation, route: string): boolean => route.includes("/pools/{id}/");
const signs = (operation: Operation, route: string): boolean =>
  prepares(operation) || route === "post /v1/transactions";

/** What one place answers for several routes, so that it was seen at one of them is enough. */
const shared: { where: string; at: (operation: Operation, route: string) => boolean; codes: readonly string[] }[] = [
  // of what this server signs itself: only where another transaction comes in between, in a millisecond
  { where: "server/relayer/accept.ts insertTransaction", at: signs, codes: ["nonce-taken"] },
  { where: "server/profit/divisions.ts and inputs.ts", at: divides, codes: ["ruleset-unknown", "nobody-entitled"] },
];

/** Streams, and what `ask` does not judge. */
const otherwise: Record<string, string> = {
  "get /metrics": "test/server/api/metrics.ts reads text",
  "get /v1/events": "test/server/api/events.ts reads the stream itself",
  "get /v1/documents/{id}": "test/server/api/documents.ts reads the bytes",
  "post /v1/documents": "test/server/api/documents.ts sends bytes",
  "post /rpc": "test/server/api/rpc.ts speaks JSON-RPC",
};

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
  let operations: [string, Operation][];

  before(function () {
    const ran = new Set((this.test?.parent?.parent?.suites ?? []).map(({ file }) => basename(file ?? "")));
    const missing = readdirSync(here).filter((name) => name.endsWith(".ts") && !ran.has(name));
    if (missing.length > 0)
      return skipBecause(this, `it looks back at all of test/server/api; ${missing[0]} did not run`);
    operations = documented();
  });
  // TIDEMARK_TEST_EXAMPLES=server/api/examples.json writes the examples of the document anew
  after(() => {
    const target = process.env["TIDEMARK_TEST_EXAMPLES"];
    if (target)
      writeFileSync(target, JSON.stringify(Object.fromEntries(Object.entries(seen).sort().map(shown)), null, 2));
  });

  const of = (route: string): ReturnType<typeof answered> => answered().filter((each) => each.route === route);

  it("given every route, when the tests have run, then each was answered with success", () => {
    const missing = operations
      .map(([route]) => route)
      .filter((route) => !(route in otherwise) && !of(route).some(({ status }) => status < 300));
    expect(missing).to.deep.equal([]);
  });

  it("given every route that is not for everybody, when the tests have run, then each refused who it is not for", () => {
    const missing = operations.flatMap(([route, { security, responses }]) => {
      if (!security || route in otherwise) return [];
      const refused = ["401", "403"].filter((status) => status in responses);
      return refused
        .filter((status) => !of(route).some((each) => String(each.status) === status))
        .map((status) => `${route} ${status}`);
    });
    expect(missing).to.deep.equal([]);
  });

  it("given every problem that a route names, when the tests have run, then each was seen there, or there is a reason why not", () => {
    const missing = operations.flatMap(([route, operation]) => {
      if (route in otherwise) return [];
      const told = problemsOf(operation);
      const seenAt = (code: string): ReturnType<typeof answered> => {
        const { at } = shared.find(({ at, codes }) => codes.includes(code) && at(operation, route)) ?? {};
        if (!at) return of(route);
        const alike = operations.filter(([other, each]) => at(each, other)).map(([other]) => other);
        return answered().filter((each) => alike.includes(each.route));
      };
      return told
        .filter((code) => !(code in elsewhere) && !seenAt(code).some((each) => each.code === code))
        .map((code) => `${route} ${code}`);
    });
    expect(missing).to.deep.equal([]);
  });

  it("given what is told to be seen elsewhere, when that file is read, then it names the problem", () => {
    const missing = Object.entries(elsewhere).filter(
      ([code, [file]]) => !readFileSync(new URL(`../../../${file}`, here), "utf8").includes(code),
    );
    expect(missing).to.deep.equal([]);
  });
});
