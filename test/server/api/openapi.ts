/** The served document itself, and what its routes have in common: what may be kept, what has not changed, and the pages of it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "chai";
import { logInAs, openApi, type TestApi } from "../../support/api.ts";
import { allFinal, apiAt } from "../../support/homes.ts";

interface Media {
  schema?: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

interface OpenApi {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

const escape = (part: string): string => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Every value under that name, with the pointer to it. */
function* found(name: string, value: unknown, at = "#"): Generator<[string, unknown]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === name) yield [at, inner];
    else yield* found(name, inner, `${at}/${escape(key)}`);
  }
}

/** Every schema of a whole number, with the pointer to it. */
function* wholeNumbers(value: unknown, at: string): Generator<[string, { maximum?: number }]> {
  if (typeof value !== "object" || value === null) return;
  const schema: { type?: unknown; maximum?: number } = value;
  if ([schema.type].flat().includes("integer")) yield [at, schema];
  for (const [key, inner] of Object.entries(value)) yield* wholeNumbers(inner, `${at}/${escape(key)}`);
}

/** Asked with bytes by test/server/api/documents.ts, past what notes examples. */
const unshownRoutes = ["post /v1/documents"];

describe("the document", () => {
  let api: TestApi;
  let document: OpenApi;
  let operations: [string, Operation][];
  let ajv: Ajv2020;

  before(async function () {
    this.timeout(120_000);
    api = await openApi();
    document = (await (await fetch(`${api.running.url}/openapi.json`)).json()) as OpenApi;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
    );
    // our formats are words for people: patterns say the same
    ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(document, "openapi");
  });
  after(() => api.close());

  it("given every whole number that a request may have, then the document says how large: what fits it is not refused for its form", () => {
    const asked = operations.flatMap(([route, { parameters, requestBody }]) => [
      ...wholeNumbers({ parameters, requestBody }, route),
    ]);
    const free = asked.filter(([, { maximum }]) => maximum === undefined).map(([at]) => at);
    expect(free).to.deep.equal([]);
    expect(asked).to.have.length.above(10);
  });

  it("given the document, when it is read as OpenAPI 3.1, then names, headings, parameters and references are sound", () => {
    expect(document.openapi).to.equal("3.1.0");
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.filter((id) => !/^(get|post|delete)[A-Z]\w*$/.test(id))).to.deep.equal([]);
    const names = document.tags.map(({ name }) => name);
    expect(new Set(operations.flatMap(([, { tags }]) => tags))).to.deep.equal(new Set(names));
    for (const [route, { summary, parameters = [], responses }] of operations) {
      expect(summary, route).to.be.a("string").and.not.equal("");
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const documented = parameters.filter((each) => each.in === "path");
      expect(
        documented.map(({ name }) => name),
        route,
      ).to.have.members(inPath);
      expect(
        documented.every(({ required }) => required),
        route,
      ).to.equal(true);
      expect(
        Object.keys(responses).some((status) => status.startsWith("2")),
        route,
      ).to.equal(true);
      for (const { description } of Object.values(responses)) expect(description, route).to.be.a("string");
    }
    for (const [at, reference] of found("$ref", document)) {
      const [, ...parts] = String(reference).split("/").map(decodeURIComponent);
      const target = parts.reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], document);
      expect(target, `${String(reference)} at ${at}`).to.be.an("object");
    }
    const schemes = Object.keys(document.components.securitySchemes);
    for (const [, each] of found("security", document.paths)) {
      for (const needed of each as object[]) expect(schemes).to.include.members(Object.keys(needed));
    }
  });

  it("given what any route may come to, when the document is read, then it has it: too many requests, a fault, a lost database, a head or a line that the server cannot wait for", () => {
    for (const [route, { responses }] of operations) {
      expect(Object.keys(responses), route).to.include.members(["400", "408", "429", "431", "500", "503"]);
      if (route !== "get /ready") expect(responses["503"]!.description, route).to.contain("not-writable");
    }
  });

  it("given a day of a report, when it is held against the document, then that takes what the route takes", () => {
    const { schema } = document.paths["/v1/projects/{id}/reports"]!["post"]!.requestBody!.content["application/json"]!;
    const { fromDay } = (schema as { properties: Record<string, { format: string; pattern: string }> }).properties;
    const days = ["1970", "1969-12-31", "2015-13-01", "2015-01-32", "1970-01-01", "2015-12-31"];
    expect(days.filter((day) => new RegExp(fromDay!.pattern).test(day))).to.deep.equal(["1970-01-01", "2015-12-31"]);
    expect(fromDay!.format).to.equal("date");
  });

  it("given a list of names in an address, when it is empty, then the document does not take it either", async () => {
    for (const [route, name] of [
      ["/v1/requests", "digest"],
      ["/v1/accounts", "id"],
      ["/v1/keys", "id"],
    ] as const) {
      const list = document.paths[route]!["get"]!.parameters!.find((each) => each.name === name)!;
      const takes = ajv.compile(list.schema);
      expect(
        [[], [`0x${"ab".repeat(32)}`], [`0x${"ab".repeat(20)}`]].map((names) => takes(names)).filter(Boolean),
      ).to.have.length(1);
      if (list.required) expect((await fetch(api.running.url + route)).status, route).to.equal(400);
    }
  });

  it("given every schema and example of the document, when ajv reads them, then each schema is one, and each example fits it", () => {
    let examples = 0;
    // the same shape stands in many places
    const known = new Map<string, ValidateFunction>();
    const compiled = (schema: object, at: string): ValidateFunction => {
      const text = JSON.stringify(schema);
      const validate = known.get(text) ?? ajv.compile({ $ref: at });
      known.set(text, validate);
      return validate;
    };
    for (const [route, { requestBody, responses, parameters = [] }] of operations) {
      const [method, path] = route.split(" ") as [string, string];
      const under = `openapi#/paths/${escape(path)}/${method}`;
      parameters.forEach(({ schema }, i) => compiled(schema, `${under}/parameters/${i}/schema`));
      const bodies: [string, Media][] = Object.entries(requestBody?.content ?? {}).map(([type, media]) => [
        `requestBody/content/${escape(type)}`,
        media,
      ]);
      const answers = Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.entries(content).map(([type, media]): [string, Media] => [
          `responses/${status}/content/${escape(type)}`,
          media,
        ]),
      );
      for (const [at, media] of [...bodies, ...answers]) {
        const validate = compiled(media.schema!, `${under}/${at}/schema`);
        const shown = Object.values(media.examples ?? {}).map(({ value }) => value);
        for (const value of media.example === undefined ? shown : [media.example, ...shown]) {
          examples++;
          expect(validate(value), `${route} ${at} ${JSON.stringify(validate.errors)}`).to.equal(true);
        }
      }
    }
    expect(examples).to.be.above(300);
  });

  it("given every route that answers with JSON, when it is looked up, then an answer of a run is shown, and the body that was sent", () => {
    const bare = operations.flatMap(([route, { requestBody, responses }]) => {
      const answers = Object.entries(responses).filter(([status]) => status.startsWith("2"));
      const json = answers.flatMap(([, { content }]) => content?.["application/json"] ?? []);
      const unshown = json.length > 0 && json.every(({ example }) => example === undefined);
      const sent = requestBody?.content["application/json"];
      return unshown || (sent && sent.example === undefined) ? [route] : [];
    });
    expect(bare.filter((route) => !unshownRoutes.includes(route))).to.deep.equal([]);
  });

  it("given an answer, when it is asked for again with its ETag, then the answer is 304 until the facts are others", async () => {
    const path = `/v1/accounts/${api.cast.point.account}/stock`;
    const first = await api.ask(path);
    expect(first.headers.get("cache-control")).to.equal("no-cache");
    const tag = first.headers.get("etag")!;
    expect(tag).to.match(/^"[^"]+"$/);
    const again = await fetch(api.running.url + path, {
      headers: { "if-none-match": tag, "cache-control": "max-age=0" },
    });
    expect([again.status, await again.text()]).to.deep.equal([304, ""]);
    const acts = api.acts(0, 1);
    await api.ask("/v1/acts", [acts[0]!.item]);
    await allFinal(apiAt(api.running.url), acts);
    const changed = await fetch(api.running.url + path, {
      headers: { "if-none-match": tag, "cache-control": "max-age=0" },
    });
    expect([changed.status, changed.headers.get("etag") === tag]).to.deep.equal([200, false]);
  });

  it("given a final act, a personal answer and a problem, when they are asked for, then each says who may keep it", async () => {
    const [act] = api.acts(1, 1);
    await api.ask("/v1/acts", [act!.item]);
    await allFinal(apiAt(api.running.url), [act!]);
    const kept = async (path: string, headers = {}): Promise<string | null> =>
      (await api.ask(path, undefined, headers)).headers.get("cache-control");
    expect(await kept(`/v1/requests/${act!.digest}`)).to.equal("public, max-age=31536000, immutable");
    const keeper = await logInAs(api, api.cast.keeper);
    expect(await kept(`/v1/lots/${act!.digest}/provenance?view=full`, keeper)).to.equal("private, no-store");
    expect(await kept(`/v1/lots/${act!.digest}`)).to.equal("no-cache");
    expect(await kept(`/v1/lots/0x${"ee".repeat(32)}`)).to.equal("no-store");
  });

  it("given what can be read, when only its head is asked for, then it is the head of what GET gives, and no body", async () => {
    for (const path of ["/v1/ledger", "/health", "/openapi.json", "/v1/pools"]) {
      const [head, whole] = [
        await fetch(api.running.url + path, { method: "HEAD" }),
        await fetch(api.running.url + path),
      ];
      expect(await head.text()).to.equal("");
      await whole.text();
      for (const name of ["etag", "content-type", "content-length", "cache-control"]) {
        expect(head.headers.get(name), `${name} of ${path}`).to.equal(whole.headers.get(name));
      }
    }
  });
});
