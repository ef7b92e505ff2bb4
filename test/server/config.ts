import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect } from "chai";
import { readConfig, settings, trials } from "../../server/config.ts";
import { settingsHelp } from "../../server/settingsHelp.ts";

const production = {
  TIDEMARK_MODE: "production",
  TIDEMARK_DATABASE_URL: "postgres://ledger@db/ledger",
  TIDEMARK_RPC_URLS: "http://a:8545,http://b:8545",
  TIDEMARK_PASSPHRASE: "drawn by the operator",
};

describe("config", () => {
  it("given no variables, when it is read, then everything has its embedded default", () => {
    expect(readConfig({})).to.deep.include({ mode: "embedded", port: 4780, rpcUrls: [], databaseUrl: undefined });
  });

  it("given production's variables, when it is read, then several nodes are named in order", () => {
    expect(readConfig(production).rpcUrls).to.deep.equal(["http://a:8545", "http://b:8545"]);
  });

  for (const name of ["TIDEMARK_DATABASE_URL", "TIDEMARK_RPC_URLS", "TIDEMARK_PASSPHRASE"]) {
    it(`given production without ${name}, when it is read, then it refuses and names it`, () => {
      expect(() => readConfig({ ...production, [name]: undefined })).to.throw(name);
      expect(() => readConfig({ ...production, [name]: "" })).to.throw(name);
    });
  }

  const wrong: [string, string][] = [
    ["TIDEMARK_MODE", "prod"],
    ["TIDEMARK_PORT", "70000"],
    ["TIDEMARK_PORT", "80a"],
    ["TIDEMARK_FINALITY", "soon"],
    ["TIDEMARK_ORIGIN", "tidemark.example"],
    ["TIDEMARK_ORIGIN", "https://tidemark.example/"],
    ["TIDEMARK_BODY_LIMIT", "-1"],
    ["TIDEMARK_PROXIES", "true"],
    ["TIDEMARK_METRICS", "yes"],
    ["TIDEMARK_LIMIT_READS", "many"],
    ["TIDEMARK_CORS_ORIGINS", "*"],
    ["TIDEMARK_CORS_ORIGINS", "https://app.example,https://other.example/"],
    ["TIDEMARK_WORKERS", "1.5"],
    ["TIDEMARK_KUBO_URL", "127.0.0.1:5001"],
    ["TIDEMARK_DOCUMENT_LIMIT", "16M"],
  ];
  for (const [name, value] of wrong) {
    it(`given ${name}=${value}, when it is read, then it refuses and names it`, () => {
      expect(() => readConfig({ [name]: value })).to.throw(name);
    });
  }

  it("given the crash tests' hold, when production reads it, then it refuses", () => {
    expect(() => readConfig({ ...production, TIDEMARK_HOLD_AT: "sent" })).to.throw("TIDEMARK_HOLD_AT");
  });

  it("given --help, when the settings are printed, then every variable is there once with what it is for, on 100 columns", () => {
    const lines = settingsHelp().split("\n");
    for (const line of lines) expect(line.length, line).to.be.at.most(100);
    const words = settingsHelp().replaceAll(/\s+/g, " ");
    for (const [name, what] of [
      ...Object.entries(settings).map(([name, setting]) => [name, setting.what] as const),
      ...Object.entries(trials),
    ]) {
      expect(lines.filter((line) => line.trim().split(" ")[0] === name)).to.have.length(1);
      expect(words).to.include(what);
    }
  });

  it("given everything that is in the project, when its variables are listed, then each is a setting or one of the tests'", () => {
    const root = resolve(import.meta.dirname, "../..");
    const found = execFileSync(
      "grep",
      ["-rhoE", "TIDEMARK_[A-Z_]+", "server", "scripts", "test", ".ci"].concat([
        "--exclude-dir=node_modules",
        "--exclude=config.ts",
      ]),
      { cwd: root, encoding: "utf8" },
    );
    const unknown = new Set(
      found
        .trim()
        .split("\n")
        // a beginning is no name
        .filter((name) => !name.endsWith("_") && !(name in settings) && !(name in trials)),
    );
    expect([...unknown]).to.deep.equal([]);
  });

  it("given a variable that there is not, when it is read, then it refuses and names the one that is meant", () => {
    expect(() => readConfig({ TIDEMARK_KUBO_ULR: "http://127.0.0.1:5001" })).to.throw(
      /^TIDEMARK_KUBO_ULR .* is TIDEMARK_KUBO_URL meant/,
    );
    expect(readConfig({ ...process.env, TIDEMARK_TEST_KILLS: "5", TIDEMARKER: "1" }).mode).to.equal("embedded");
  });

  it("given the passphrase that everybody knows, when production reads it, then it refuses", () => {
    const known = settings.TIDEMARK_PASSPHRASE.embedded;
    expect(() => readConfig({ ...production, TIDEMARK_PASSPHRASE: known })).to.throw("TIDEMARK_PASSPHRASE");
    expect(readConfig({ TIDEMARK_PASSPHRASE: known }).passphrase).to.equal(known);
  });

  it("given production, when its defaults are looked at, then no secret has one", () => {
    for (const name of ["TIDEMARK_PASSPHRASE", "TIDEMARK_ADMIN_KEY", "TIDEMARK_DATABASE_URL"] as const) {
      expect(settings[name].production).to.equal(undefined);
    }
  });
});
