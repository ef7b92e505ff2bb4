/** Structured logs: one JSON object a line on standard error. No keys, no signatures, no personal data. */
import { pino, type DestinationStream } from "pino";

export type Log = Pick<ReturnType<typeof pino>, "debug" | "info" | "warn" | "error">;

/** What an error's words may hold and a log must not: tokens, keys and signatures in hex, passwords in URLs. */
const secrets: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, "$1 …"],
  [/\btmk_[\w-]+/g, "tmk_…"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "eyJ…"],
  // a hash is still known by its beginning, a key is not
  [/\b((?:0x)?[0-9a-fA-F]{8})[0-9a-fA-F]{56,}/g, "$1…"],
  [/(\w:\/\/)[^\s/@]+@/g, "$1…@"],
];

/** Words without the secrets that may stand in them. */
export const scrub = (words: string): string =>
  secrets.reduce((left, [pattern, instead]) => left.replaceAll(pattern, instead), words);

/** Of an error its kind, words and place; its other fields may hold what somebody sent. */
function told(error: unknown, depth = 0): object | string {
  if (!(error instanceof Error)) return scrub(String(error));
  const code = "code" in error && ["string", "number"].includes(typeof error.code) ? { code: error.code } : {};
  const stack = error.stack === undefined ? {} : { stack: scrub(error.stack) };
  const cause = error.cause === undefined || depth > 3 ? {} : { cause: told(error.cause, depth + 1) };
  return { type: error.name, message: scrub(error.message), ...code, ...stack, ...cause };
}

/** @param to where lines go; standard error unless said otherwise */
export function createLog(level: string, to: DestinationStream = pino.destination(2)): Log {
  const serializers = { err: (error: unknown) => told(error) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, to);
}
