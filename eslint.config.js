// Every style rule of this project is a rule here, or is none. Comments that switch rules off have no effect.
import { builtinModules } from "node:module";
import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const noFloats = "Amounts are integers: no number or amount goes through a float parser.";
const oneReader = "server/config.ts is the only reader of the environment.";
const noClass = "No classes but those that a library or Error asks for: write createX(deps).";

const syntax = [
  { selector: "TSEnumDeclaration", message: "Use a union of literals, or a table `as const`." },
  { selector: "Decorator", message: "No decorators: pass dependencies to a function." },
  { selector: "ClassDeclaration[superClass=null]", message: noClass },
  { selector: "ClassExpression[superClass=null]", message: noClass },
  { selector: "ExportAllDeclaration", message: "No barrels: import from the module that has it." },
];
const defaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "No default exports: a thing has one name everywhere.",
};
const readsEnvironment = [
  // setting a variable for a library is not reading one
  `MemberExpression[object.name="process"][property.name="env"]:not(AssignmentExpression > MemberExpression.left > .object)`,
  `VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]`,
].map((selector) => ({ selector, message: oneReader }));
const assertsNothing = {
  selector: `ExpressionStatement > CallExpression[callee.name="expect"]`,
  message: "This asserts nothing.",
};
const only = {
  selector: `MemberExpression[object.name=/^(describe|context|it)$/][property.name="only"]`,
  message: "It would skip every other test.",
};
const noHome = { selector: "Program", message: "Name the file or folder after what is in it." };

const globals = (names) => Object.fromEntries(names.split(" ").map((name) => [name, "readonly"]));
const node = globals("process console module setInterval clearInterval");
const browser = globals(
  "AbortSignal ResizeObserver TextEncoder URL URLSearchParams clearTimeout document fetch history localStorage location navigator setTimeout window",
);

const imports = {
  paths: builtinModules.filter((name) => !name.includes(":")).map((name) => ({ name, message: `Write node:${name}.` })),
  patterns: [
    { regex: String.raw`^\.{1,2}/(?!.*typechain-types/).*(?<!\.ts)$`, message: "Our own imports end in .ts." },
    { regex: String.raw`^node:process$`, importNames: ["env"], message: oneReader },
  ],
};

const ours = {
  "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
  "@typescript-eslint/explicit-module-boundary-types": "error",
  "@typescript-eslint/naming-convention": [
    "error",
    { selector: "typeLike", format: ["PascalCase"] },
    { selector: "variable", format: ["camelCase", "UPPER_CASE"] },
    { selector: "function", format: ["camelCase"] },
    { selector: "parameter", format: ["camelCase"], leadingUnderscore: "allow" },
    // contracts' factories and events keep their names; wire formats and tables have their own
    { selector: ["property", "import"], format: null },
    { selector: "variable", modifiers: ["destructured"], format: null },
  ],
  // with noUncheckedIndexedAccess an index known to be good is written `x[i]!`
  "@typescript-eslint/no-non-null-assertion": "off",
  // `return next()` and `() => close()` say what they mean
  "@typescript-eslint/no-confusing-void-expression": "off",
  "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
  "@typescript-eslint/no-unused-vars": [
    "error",
    { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
  ],
  // a function without `await` may be async to fit a port
  "@typescript-eslint/require-await": "off",
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
  "@typescript-eslint/switch-exhaustiveness-check": "error",
  // what createX returns is closures: there is no `this` to lose
  "@typescript-eslint/unbound-method": "off",
  eqeqeq: "error",
  "max-lines": ["error", { max: 350 }],
  "no-restricted-globals": ["error", { name: "parseFloat", message: noFloats }],
  "no-restricted-imports": ["error", imports],
  "no-restricted-properties": ["error", { object: "Number", property: "parseFloat", message: noFloats }],
  "no-restricted-syntax": ["error", ...syntax, defaultExport],
  "object-shorthand": "error",
  "prefer-template": "error",
};

export default defineConfig(
  // test/bench is another indexer's app, in that one's style, whose types are installed for the benchmark only
  { ignores: ["typechain-types/", "artifacts/", "cache/", ".tidemark/", "scripts/node/", "test/bench/"] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" } },
  { files: ["**/*.{js,mjs,cjs}"], extends: [eslint.configs.recommended], rules: { eqeqeq: "error" } },
  { files: ["*.{js,cjs}", "scripts/**/*.mjs"], languageOptions: { globals: node } },
  { files: ["server/web/**/*.js"], languageOptions: { globals: browser } },
  {
    files: ["**/*.ts"],
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: ours,
  },
  {
    files: ["server/**/*.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-syntax": ["error", ...syntax, defaultExport, ...readsEnvironment],
    },
  },
  {
    // the composition root hands the environment to config.ts and speaks to the terminal
    files: ["server/config.ts", "server/main.ts"],
    rules: { "no-console": "off", "no-restricted-syntax": ["error", ...syntax, defaultExport] },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "no-restricted-syntax": ["error", ...syntax, defaultExport, assertsNothing, only],
    },
  },
  { files: ["**/*.config.ts"], rules: { "no-restricted-syntax": ["error", ...syntax] } },
  {
    files: ["**/{utils,helpers,common}/**/*.ts", "**/{utils,util,helpers,common,misc,index}.ts"],
    rules: { "no-restricted-syntax": ["error", noHome] },
  },
);
