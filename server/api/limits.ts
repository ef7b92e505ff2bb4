/** How much one caller may ask in a minute, of each kind on its own: whoever asks too much waits, and nobody else does. */
import type { Request, RequestHandler, Response } from "express";
import { ipKeyGenerator, rateLimit, type Store } from "express-rate-limit";
import { Problem } from "../errors.ts";
import { quieten } from "./answered.ts";

/** Requests that one caller may send in a minute; 0: any number. A bundle of acts is one request. */
export interface Limits {
  reads: number;
  writes: number;
  logins: number;
  rpc: number;
}

type Budget = keyof Limits;

const WINDOW_MS = 60_000;

/** Callers counted at a time. Beyond them the one is forgotten whose minute began first: memory stays bounded. */
const MOST_CALLERS = 50_000;

/** An IPv6 caller is a network of this size: a home or an office is given one, with more addresses than can be counted. */
const IPV6_SUBNET_BITS = 56;

/** Counts of callers in their minutes. */
export function createCounts(most = MOST_CALLERS): Store & { size(): number } {
  // in order of the beginning of their minutes
  const counts = new Map<string, { totalHits: number; resetTime: Date }>();
  const fresh = (key: string, now: number): { totalHits: number; resetTime: Date } => {
    counts.delete(key);
    const oldest = counts.size >= most ? counts.keys().next() : undefined;
    if (oldest && !oldest.done) counts.delete(oldest.value);
    const count = { totalHits: 0, resetTime: new Date(now + WINDOW_MS) };
    counts.set(key, count);
    return count;
  };
  return {
    localKeys: true,
    size: () => counts.size,
    increment(key) {
      const now = Date.now();
      const found = counts.get(key);
      const count = found && found.resetTime.getTime() > now ? found : fresh(key, now);
      count.totalHits++;
      return count;
    },
    decrement: () => undefined,
    resetKey: (key) => void counts.delete(key),
  };
}

const reading: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Asked by what watches the server, of which nobody must keep it; they cost nothing. */
const free: ReadonlySet<string> = new Set(["/health", "/ready"]);

/** Which budget a request is counted in. Paths are read as Express reads them: in any case. */
function budgetOf({ method, path }: Request): Budget | undefined {
  const asked = path.toLowerCase();
  if (reading.has(method)) return free.has(asked) ? undefined : "reads";
  if (/^\/rpc\/?$/.test(asked)) return "rpc";
  return /^\/v1\/login(\/|$)/.test(asked) ? "logins" : "writes";
}

/** The network address that a request came from; one whose connection is gone already has none. */
const addressOf = ({ ip }: Request): string => (ip === undefined ? "gone" : ipKeyGenerator(ip, IPV6_SUBNET_BITS));

/**
 * Counts each request and says in `RateLimit` and `RateLimit-Policy` what is left. To be mounted before bodies are read.
 * @throws Problem `rate-limited` with `Retry-After` where nothing is left
 */
export function limitCallers(limits: Limits): RequestHandler {
  const gate = (budget: Budget): RequestHandler =>
    rateLimit({
      windowMs: WINDOW_MS,
      limit: limits[budget],
      identifier: budget,
      standardHeaders: "draft-8",
      legacyHeaders: false,
      keyGenerator: addressOf,
      store: createCounts(),
      validate: false,
      handler(request, response: Response) {
        const { used } = (request as Request & { rateLimit: { used: number } }).rateLimit;
        // a flood must not fill the log
        if (used > limits[budget] + 1) quieten(response);
        throw new Problem("rate-limited", `more than ${limits[budget]} ${budget} in a minute`, {
          budget,
          limit: limits[budget],
        });
      },
    });
  const limited = (Object.keys(limits) as Budget[]).filter((budget) => limits[budget] > 0);
  const gates = new Map(limited.map((budget) => [budget, gate(budget)]));
  return (request, response, next) => {
    const budget = budgetOf(request);
    const counted = budget && gates.get(budget);
    if (counted) return counted(request, response, next);
    next();
  };
}
