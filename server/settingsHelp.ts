/** The settings in words: what `npm start -- --help` prints. */
import { settings, trials, type Name } from "./config.ts";

/** Every setting once, by what an operator looks for. */
const groups: Record<string, readonly Name[]> = {
  "运行 Running": [
    ...(["TIDEMARK_MODE", "TIDEMARK_HOME", "TIDEMARK_HOST", "TIDEMARK_PORT", "TIDEMARK_ORIGIN"] as const),
    ...(["TIDEMARK_PROXIES", "TIDEMARK_CORS_ORIGINS", "TIDEMARK_METRICS", "TIDEMARK_LOG_LEVEL"] as const),
  ],
  "部件 Parts": ["TIDEMARK_DATABASE_URL", "TIDEMARK_RPC_URLS", "TIDEMARK_FINALITY", "TIDEMARK_KUBO_URL"],
  "密钥 Keys": [
    ...(["TIDEMARK_PASSPHRASE", "TIDEMARK_ADMIN_KEY", "TIDEMARK_REGISTRY_KEY"] as const),
    ...(["TIDEMARK_ISSUER_KEY", "TIDEMARK_ALLOCATOR_KEY", "TIDEMARK_HELD_KEY"] as const),
  ],
  "期限 Delays": ["TIDEMARK_ADMIN_DELAY", "TIDEMARK_POOL_DELAY", "TIDEMARK_ORPHAN_DAYS"],
  "限额 Limits": [
    ...(["TIDEMARK_WORKERS", "TIDEMARK_BODY_LIMIT", "TIDEMARK_DOCUMENT_LIMIT", "TIDEMARK_DISK_RESERVE"] as const),
    ...(["TIDEMARK_LIMIT_READS", "TIDEMARK_LIMIT_WRITES", "TIDEMARK_LIMIT_LOGINS", "TIDEMARK_LIMIT_RPC"] as const),
  ],
  "测试 Tests": ["TIDEMARK_HOLD_AT"],
};

const COLUMNS = 100;
const INDENT = "      ";

/** The words on lines of at most 100 columns. */
function wrapped(words: string): string {
  const lines = [INDENT.trimEnd()];
  for (const word of words.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length + INDENT.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(` ${word}`);
  }
  return lines.map((line) => INDENT + line.trim()).join("\n");
}

function defaultOf(name: Name): string {
  const { embedded, production } = settings[name];
  if (embedded === production) return embedded === undefined ? "" : `= ${embedded}`;
  return `= ${embedded ?? "–"}; production ${production === undefined ? "has no default" : production}`;
}

/** All settings with their defaults and what each is for, in groups, on 100 columns. */
export function settingsHelp(): string {
  const parts = Object.entries(groups).map(([head, names]) => [
    head,
    ...names.map((name) => `  ${`${name} ${defaultOf(name)}`.trim()}\n${wrapped(settings[name].what)}`),
  ]);
  const others = Object.entries(trials).map(([name, what]) => `  ${name}\n${wrapped(what)}`);
  return [
    "环境变量 Settings are environment variables: the name, its default, what it is for.",
    ...parts.map((lines) => `\n${lines.join("\n")}`),
    ...others,
  ].join("\n");
}
