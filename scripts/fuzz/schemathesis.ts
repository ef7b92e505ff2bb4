/** One run of Schemathesis against a server. */
import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Visitor {
  name: string;
  /** what it sends as its bearer token; `undefined`: nothing */
  token(): Promise<string | undefined>;
}

/** Streams do not end. */
const LEFT_OUT = "/v1/events";

/** Why it cannot run here, and what to do; `undefined` where it can. */
export function whyNot(): string | undefined {
  const { stdout, status } = spawnSync("st", ["--version"], { encoding: "utf8" });
  if (status === 0 && /version 4\./.test(stdout)) return undefined;
  return [
    "没有 Schemathesis 4：请运行 pip install 'schemathesis>=4,<5'，并使 st 位于 PATH 中。",
    "Schemathesis 4 is not here: pip install 'schemathesis>=4,<5', and have st on the PATH.",
  ].join("\n");
}

/**
 * What is asked of an answer. What does not fit the document must be refused; what fits it may be, but not for its form
 * (400): a schema cannot say that a code is in use.
 */
const checks = {
  not_a_server_error: { "expected-statuses": ["2xx", "3xx", "4xx", 503] },
  status_code_conformance: {},
  content_type_conformance: {},
  response_headers_conformance: {},
  response_schema_conformance: {},
  negative_data_rejection: {},
  positive_data_acceptance: { "expected-statuses": ["2xx", 401, 403, 404, 409, 413, 422, 429, 503] },
  unsupported_method: {},
  allow_header_conformance: {},
  ignored_auth: {},
};

/**
 * JSON-RPC answers 200 to what is no JSON, too, and a document may be any bytes; subjects of a pool must ascend, and an
 * API key must end within three years.
 */
const beyondSchemas = [
  { path: "/rpc", check: "negative_data_rejection" },
  { path: "/v1/documents", check: "negative_data_rejection" },
  { path: "/v1/pools", check: "positive_data_acceptance" },
  { path: "/v1/api-keys", check: "positive_data_acceptance" },
];

/** A document may be any bytes, also where it calls itself YAML, which no other answer here does. */
const hooks = `import schemathesis


@schemathesis.deserializer("text/yaml", "text/x-yaml", "text/vnd.yaml")
def any_bytes(context, response):
    return response.content
`;

/** The checks and the words it draws from, as TOML: JSON's text, lists and flat objects of such keys are TOML too. */
function configOf(known: readonly string[]): string {
  const lines = Object.entries(checks).map(([name, settings]) => {
    const inner = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return `${name} = { ${["enabled = true", ...inner].join(", ")} }`;
  });
  return [
    'hooks = "hooks.py"',
    "[dictionaries.known]",
    `values = ${JSON.stringify(known)}`,
    "[generation.dictionaries]",
    'string = { dictionary = "known", probability = 0.4 }',
    "[checks]",
    "enabled = false",
    ...lines,
    ...beyondSchemas.flatMap(({ path, check }) => [
      "[[operations]]",
      `include-path = ${JSON.stringify(path)}`,
      `checks = { ${check} = { enabled = false } }`,
    ]),
    "",
  ].join("\n");
}

/**
 * Sends requests for so many seconds, and says on this process's output what it finds.
 * @param folder where its configuration may lie
 * @param known ids and hashes of what is there
 * @returns whether nothing was found
 */
export async function run(of: {
  url: string;
  folder: string;
  known: readonly string[];
  visitor: Visitor;
  seconds: number;
  seed: number;
}): Promise<boolean> {
  const config = join(of.folder, "schemathesis.toml");
  await writeFile(config, configOf(of.known));
  await writeFile(join(of.folder, "hooks.py"), hooks);
  const token = await of.visitor.token();
  const args = [
    ...["--config-file", config, "run", `${of.url}/openapi.json`],
    ...["--max-time", String(of.seconds), "--seed", String(of.seed)],
    ...["--exclude-path", LEFT_OUT, "--continue-on-failure", "--suppress-health-check", "all"],
    ...["--generation-database", "none", "--request-timeout", "60", "--warnings", "off", "--no-color"],
    ...(token === undefined ? [] : ["--header", `Authorization:Bearer ${token}`]),
  ];
  // in a folder of its own: it leaves files where it runs
  const child = spawn("st", args, { cwd: of.folder, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => done(code === 0));
  });
}
