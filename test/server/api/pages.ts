/** The web pages as they are served, and what of them can be checked without a browser. */
import { readdirSync, readFileSync } from "node:fs";
import { request, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import express, { type ErrorRequestHandler } from "express";
import { pages } from "../../../server/api/pages.ts";
import { actView, lotView, publicView } from "../../../server/traceability/schemas.ts";

const web = new URL("../../../server/web/", import.meta.url);
const sources = readdirSync(web).filter((name) => name.endsWith(".js"));
const source = (name: string): string => readFileSync(new URL(name, web), "utf8");
const load = async <Module>(name: string): Promise<Module> => (await import(new URL(name, web).href)) as Module;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let server: Server;

/** Asks with the path exactly as given: `fetch` would resolve its dots first. */
function ask(
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: object } = {},
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path, method, headers: { ...headers } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString("utf8"),
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("pages", () => {
  before((done) => {
    const app = express();
    app.use(pages());
    // what stands after the pages: here a word that shows a request went past them
    app.use((_request, response) => void response.status(404).send("past the pages"));
    // and what the API does with an error that it does not know
    const fault: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(500).send("a fault");
    app.use(fault);
    server = app.listen(0, "127.0.0.1", done);
  });

  after((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });

  const document = ["/", "/?id=0xab", `/lots/0x${"ab".repeat(32)}`, `/lots/0x${"ab".repeat(32)}/?direction=downstream`];
  for (const path of [...document, "/lots/%E0%A4%A", "/lots/..%2f..%2fmain.ts"]) {
    it(`given the pages, when ${path.replace(/(ab){32}/, "…")} is asked for, then it is the document`, async () => {
      const { status, headers, body } = await ask(path);
      expect(status).to.equal(200);
      expect(headers["content-type"]).to.equal("text/html; charset=utf-8");
      expect(body).to.equal(source("index.html"));
    });
  }

  it("given the pages, when a document or an asset is asked for, then its headers let it load only our own files", async () => {
    for (const path of ["/", "/lots/0xab", "/web/main.js", "/web/mark.svg"]) {
      const { headers } = await ask(path);
      expect(headers["content-security-policy"], path)
        .to.contain("default-src 'self';")
        .and.contain("frame-ancestors 'none'")
        .and.contain("require-trusted-types-for 'script'")
        .and.not.contain("unsafe");
      expect(headers["x-content-type-options"], path).to.equal("nosniff");
      expect(headers["referrer-policy"], path).to.equal("no-referrer");
      expect(headers["cache-control"], path).to.equal("no-cache");
    }
  });

  it("given the document, when all it names is followed, then every file is there with its type", async () => {
    const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
    const seen = new Set<string>();
    const waiting = [...(source("index.html") + source("docs.html")).matchAll(/(?:href|src)="(\/web\/[^"]+)"/g)].map(
      ([, path]) => path!,
    );
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { status, headers, body } = await ask(path);
      expect(status, path).to.equal(200);
      expect(headers["content-type"], path).to.match(
        new RegExp(`^${types[path.split(".").at(-1) as keyof typeof types].replace("+", "\\+")}`),
      );
      for (const [, next] of body.matchAll(/from "\.\/([\w.]+)"/g)) waiting.push(`/web/${next!}`);
    }
    expect([...seen]).to.include.members(sources.map((name) => `/web/${name}`));
  });

  it("given a copy in the browser, when it is asked for again by its ETag, then the answer is 304 without a body", async () => {
    for (const path of ["/", "/web/main.js"]) {
      const { etag } = (await ask(path)).headers;
      const again = await ask(path, { headers: { "if-none-match": etag } });
      expect([again.status, again.body], path).to.deep.equal([304, ""]);
    }
  });

  const absent = [
    "/web/nothing.js",
    "/web/",
    "/web",
    "/web/style",
    "/web/.hidden",
    "/lots/",
    "/lots/0xab/more",
    "/LOTS/0xab",
  ];
  for (const path of absent) {
    it(`given the pages, when ${path} is asked for, then it is left to the handlers after them`, async () => {
      const { status, body } = await ask(path);
      expect([status, body]).to.deep.equal([404, "past the pages"]);
    });
  }

  const outside = [
    "/web/../main.ts",
    "/web/../../package.json",
    "/web/..%2f..%2fpackage.json",
    "/web/..%2Fmain.ts",
    "/web/%2e%2e/main.ts",
    "/web/%2e%2e%2fmain.ts",
    "/web/style/%2e%2e/%2e%2e/main.ts",
    "/web/..%5cmain.ts",
    "/web/%252e%252e%252fmain.ts",
    "/web/..;/main.ts",
    "/web//../main.ts",
    "/web/%2fetc/passwd",
    "/web//etc/passwd",
    "/web/main.js%00.ts",
    "/web/%E0%A4%A",
  ];
  for (const path of outside) {
    it(`given files outside the folder, when ${path} is asked for, then nothing is served`, async () => {
      const { status, body } = await ask(path);
      expect([status, body]).to.deep.equal([404, "past the pages"]);
    });
  }

  it("given a file, when a condition on it fails or a range of it is asked for, then that is no fault of the server", async () => {
    expect((await ask("/web/main.js", { headers: { "if-match": '"other"' } })).status).to.equal(412);
    expect((await ask("/web/main.js", { headers: { range: "bytes=999999999-" } })).status).to.equal(200);
  });

  it("given the pages, when something is posted to them, then they do not answer", async () => {
    for (const path of ["/", "/lots/0xab", "/web/main.js"]) {
      expect((await ask(path, { method: "POST" })).body, path).to.equal("past the pages");
    }
  });
});

describe("the pages' words", () => {
  type Pair = Record<"zh" | "en", string>;
  let words: Record<string, Pair>;
  before(async () => ({ words } = await load<{ words: Record<string, Pair> }>("words.js")));

  it("given a key in one language, when the other is spoken, then it has it too, with the same places to fill", () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    expect(Object.keys(words)).to.have.length.greaterThan(100);
    for (const [key, pair] of Object.entries(words)) {
      expect(Object.keys(pair).sort(), key).to.deep.equal(["en", "zh"]);
      expect(pair.zh.trim(), key).to.not.equal("");
      expect(pair.en.trim(), key).to.not.equal("");
      expect(places(pair.zh), key).to.deep.equal(places(pair.en));
      // {n|one|many} counts what has a place of its own
      const counted = [...pair.en.matchAll(/\{(\w+)\|/g)].map(([, name]) => `{${name}}`);
      expect(places(pair.en), key).to.include.members(counted);
    }
  });

  it("given the modules, when they ask for a key, then there is one", () => {
    const asked = sources.flatMap((name) => [...source(name).matchAll(/\bt\("([^"]+)"/g)].map(([, key]) => key!));
    expect(asked).to.have.length.greaterThan(50);
    expect(asked.filter((key) => !(key in words))).to.deep.equal([]);
  });

  it("given the API's own words, when the pages show them, then each has a name in both languages", () => {
    const states = ["waiting", "queued", "signed", "sent", "mined", "final", "skipped", "rejected", "expired"];
    const flags = lotView.shape.flags.element.options;
    const keys = [
      ...lotView.shape.disposition.options.map((each) => `disposition.${each}`),
      ...flags.flatMap((each) => [`flag.${each}`, `flag.${each}.why`]),
      ...actView.shape.reasons.element.options.map((each) => `reason.${each}`),
      ...states.map((each) => `state.${each}`),
      ...["offline", "starting", "failed", "refused", "missing", "id"].flatMap((each) => [
        `wrong.${each}`,
        `wrong.${each}.do`,
      ]),
    ];
    expect(keys.filter((key) => !(key in words))).to.deep.equal([]);
  });
});

describe("the pages' modules", () => {
  it("given text from the API, when a module shows it, then none makes markup of it or reaches another origin", () => {
    for (const name of sources) {
      expect(source(name), name).to.not.match(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|DOMParser/,
      );
      expect(source(name).replaceAll("http://www.w3.org/2000/svg", ""), name).to.not.match(/https?:\/\//);
      expect(source(name), name).to.not.match(/from "(?!\.\/)|parseFloat/);
    }
  });

  it("given grams, when they are shown as kilograms, then no digit is lost, beyond 2^53 either", async () => {
    const { kilograms, integer } = await load<{
      kilograms(grams: number | string, language: string): string;
      integer(value: number | string, language: string): string;
    }>("format.js");
    expect(kilograms(12_345, "en")).to.equal("12.345");
    expect(kilograms(1_000_050, "zh-CN")).to.equal("1,000.050");
    expect(kilograms("9007199254740993001", "en")).to.equal("9,007,199,254,740,993.001");
    expect(kilograms("-5", "en")).to.equal("−0.005");
    expect(integer("9007199254740993", "zh-CN")).to.equal("9,007,199,254,740,993");
  });

  it("given what people paste, when it holds one whole id, then that id is found in lower case", async () => {
    const { idIn } = await load<{ idIn(text: string): string | undefined }>("format.js");
    const id = "ab".repeat(32);
    for (const text of [
      `0x${id}`,
      ` ${id.toUpperCase()}\n`,
      `https://host/lots/0x${id}?direction=upstream`,
      `/lots/0x${id}/`,
    ]) {
      expect(idIn(text), text).to.equal(`0x${id}`);
    }
    for (const text of ["", "0xabc", `0x${id}a`, `0x${id.slice(1)}`, "zz".repeat(32)])
      expect(idIn(text), text).to.equal(undefined);
  });

  it("given a lot of two halves of one, when lines are laid out, then both halves' lines meet at it", async () => {
    interface Row {
      lane: number;
      end: number[];
      past: number[];
      begin: number[];
    }
    const { layOut } = await load<{ layOut(ids: string[], below: (id: string) => string[]): Row[] }>("rails.js");
    const below: Record<string, string[]> = { mix: ["left", "right"], left: ["whole"], right: ["whole"] };
    const rows = layOut(["mix", "left", "right", "whole"], (id) => below[id] ?? []);
    expect(rows).to.deep.equal([
      { lane: 0, end: [], past: [], begin: [0, 1] },
      { lane: 0, end: [0], past: [1], begin: [0] },
      { lane: 1, end: [1], past: [0], begin: [0] },
      { lane: 0, end: [0], past: [], begin: [] },
    ]);
  });

  it("given more inputs than lanes, when lines are laid out, then every lot still has a row within them", async () => {
    const { layOut } = await load<{ layOut(ids: string[], below: (id: string) => string[]): { lane: number }[] }>(
      "rails.js",
    );
    const inputs = Array.from({ length: 40 }, (_, i) => `input ${i}`);
    const rows = layOut(["mix", ...inputs], (id) => (id === "mix" ? inputs : []));
    expect(rows).to.have.length(41);
    expect(Math.max(...rows.map(({ lane }) => lane))).to.be.lessThan(5);
  });

  it("given a mass, when a picture has little room for it, then it is cut off and never more than it is", async () => {
    const { roughMass } = await load<{ roughMass(grams: number, language: string): [string, string] }>("format.js");
    expect([999, 1_000, 999_999, 1_000_000, 3_896_588].map((grams) => roughMass(grams, "en").join(" "))).to.deep.equal([
      "999 g",
      "1 kg",
      "999 kg",
      "1.0 t",
      "3.8 t",
    ]);
  });

  it("given every word the public view can bring, when it is shown, then the page has it in both languages", async () => {
    const { words } = await load<{ words: Record<string, { zh: string; en: string }> }>("words.js");
    const { losses } = publicView.shape.totals.shape;
    const wanted = [
      ...losses.element.shape.by.options.map((by) => `loss.${by}`),
      ...publicView.shape.facilities.element.shape.kinds.element.options.map((kind) => `kind.${kind}`),
      ...["received", "made", "used", "given", "ended"].map((column) => `facility.${column}`),
      ...actView.shape.kind.options.map((kind) => `act.${kind}`),
    ];
    for (const key of wanted) expect(words[key], key).to.include.keys("zh", "en");
  });
});
