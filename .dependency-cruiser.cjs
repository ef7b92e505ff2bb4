// The import directions inside server/:
// main, compose → api → domain rooms → relayer, indexer → chain, db, documents → what stands at the bottom.
const bottom = "^server/((config|errors|log|home|wire)\\.ts$|problems/)";
const domain = "access|traceability|carbon|profit";

/** Modules of one layer may import their own room, what is listed, and the bottom. */
const layer = (name, path, may) => ({
  name,
  comment: `these rooms import only their own, ${may.length > 0 ? "the layers below, " : ""}and what stands at the bottom`,
  severity: "error",
  from: { path: `^server/(${path})/` },
  to: { path: "^server/", pathNot: ["^server/$1/", ...may, bottom] },
});

const ports = ["^server/(chain|db|documents)/"];
const carriers = ["^server/(relayer|indexer)/"];
const routes = "^server/route\\.ts$";
/** whoever takes signed messages asks the register whose they are */
const signatures = "^server/access/signatures\\.ts$";

module.exports = {
  forbidden: [
    {
      name: "no-cycle",
      comment: "two modules that need one another are one",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "bottom",
      comment: "config, errors, log and home import nothing of the server but one another",
      severity: "error",
      from: { path: bottom },
      to: { path: "^server/", pathNot: bottom },
    },
    layer("ports", "chain|db|documents", []),
    layer("carriers", "relayer|indexer", ports),
    layer("domain", domain, [`^server/(${domain})/queries\\.ts$`, signatures, ...carriers, ...ports, routes]),
    {
      name: "route",
      comment: "what a route is stands below the rooms that have some",
      severity: "error",
      from: { path: routes },
      to: { path: "^server/", pathNot: bottom },
    },
    layer("api", "api", [`^server/(${domain})/`, ...carriers, ...ports, routes]),
    {
      name: "main-on-top",
      comment: "only the composition root knows the API; nothing knows the composition root",
      severity: "error",
      from: { path: "^server/", pathNot: "^server/(api/|compose/|main\\.ts$)" },
      to: { path: "^server/(api/|compose/|main\\.ts$)" },
    },
    {
      name: "compose-under-main",
      comment: "the parts of the composition root are made for it alone",
      severity: "error",
      from: { path: "^server/compose/" },
      to: { path: "^server/main\\.ts$" },
    },
    {
      name: "web-apart",
      comment: "the web app speaks HTTP only",
      severity: "error",
      from: { path: "^server/web/" },
      to: { path: "^server/", pathNot: "^server/web/" },
    },
    {
      name: "chain-only",
      comment: "only server/chain knows ethers, hardhat and the generated types",
      severity: "error",
      from: { path: "^server/", pathNot: "^server/chain/" },
      to: { path: "(^|node_modules/)(ethers|hardhat|@nomicfoundation|typechain-types)(/|$)" },
    },
    {
      name: "db-only",
      comment: "only server/db knows the database's drivers",
      severity: "error",
      from: { path: "^server/", pathNot: "^server/db/" },
      to: { path: "(^|node_modules/)(pg|pg-[a-z-]+|@types/pg|@electric-sql)(/|$)" },
    },
    {
      name: "audit-apart",
      comment: "an audit shares no code with what it audits, but for the chain's own",
      severity: "error",
      from: { path: "^scripts/audit(\\.ts$|/)" },
      to: { path: "^(server|scripts)/", pathNot: "^(server/chain/|scripts/audit/|scripts/demo/screen\\.ts$)" },
    },
    {
      name: "verify-apart",
      comment: "whoever checks a certificate runs nothing but the check: pure code, and no network",
      severity: "error",
      from: { path: "^scripts/verify(\\.ts$|/)" },
      to: {
        path: "^(server|scripts|net|http|https|dns)(/|$)",
        pathNot: [
          "^scripts/verify/",
          "^server/(wire|access/vocabulary|carbon/(beneficiary|certificateForm)|chain/(eip712|port))\\.ts$",
        ],
      },
    },
    {
      name: "server-alone",
      comment: "the server needs neither scripts nor tests",
      severity: "error",
      from: { path: "^server/" },
      to: { path: "^(scripts|test)/" },
    },
    {
      name: "server-dependencies",
      comment: "what the server imports is among the dependencies, not the devDependencies",
      severity: "error",
      from: { path: "^server/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    // imports of types count: a direction is a direction
    tsPreCompilationDeps: true,
    doNotFollow: { path: ["node_modules", "typechain-types"] },
    // another indexer's app, whose packages are installed for the benchmark only
    exclude: { path: "^test/bench/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
