import { expect } from "chai";
import { readConfig, settings, settingsHelp } from "../../server/config.ts";

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

  it("given --help, when the settings are printed, then every variable is there with what it is for", () => {
    for (const [name, { what }] of Object.entries(settings)) {
      expect(settingsHelp()).to.include(name).and.to.include(what);
    }
  });

  it("given production, when its defaults are looked at, then no secret has one", () => {
    for (const name of ["TIDEMARK_PASSPHRASE", "TIDEMARK_ADMIN_KEY", "TIDEMARK_DATABASE_URL"] as const) {
      expect(settings[name].production).to.equal(undefined);
    }
  });
});
