/**
 * `GET /v1/events`: what becomes final, as server-sent events, told from the database. An event's id is its place in the
 * chain, so whoever comes back with the last one (the browser's EventSource does by itself) loses and doubles nothing,
 * whatever was restarted in between.
 */
import { z } from "zod";
import type { Db } from "../db/port.ts";
import { Problem } from "../errors.ts";
import { END_OF_BLOCK, readNews, type NewsPage, type Place, type PlacedNews } from "../indexer/news.ts";
import type { Projection } from "../indexer/port.ts";
import { readCursor } from "../indexer/queries.ts";
import type { Log } from "../log.ts";
import { route, type Route } from "../route.ts";
import { hash, seconds } from "../wire.ts";

/** A line that means nothing, so that proxies and clients see that the connection lives. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it comes back. */
const RETRY_MS = 2_000;
/** Streams at a time. */
const MOST_STREAMS = 200;
/** Characters that go out in one piece. */
const PIECE = 65_536;

export interface EventDeps {
  db: Db;
  projections: readonly Projection[];
  /** what is told, by type: the shape of its facts */
  kinds: Readonly<Record<string, z.ZodObject>>;
  log: Log;
  heartbeatMs?: number;
  mostStreams?: number;
}

export interface Events {
  routes: Route[];
  /** Something became final. */
  wake(): void;
  /** Ends all streams. */
  stop(): Promise<void>;
  /** how many there are now */
  open(): number;
}

const placeText = ({ block, index }: Place): string => `${block}-${index}`;

const place = z
  .string()
  .regex(/^\d{1,15}-\d{1,10}$/, "must be the id of an event, such as 120-3")
  .transform((text): Place => {
    const [block, index] = text.split("-").map(Number);
    return { block: block!, index: index! };
  })
  .meta({ description: "the last event that is known: `block-index`; 0-0 for all there ever were" });

const told = ({ type, data, block, index, at, tx }: PlacedNews): string =>
  `id: ${placeText({ block, index })}\nevent: ${type}\ndata: ${JSON.stringify({ block, at, tx, ...data })}\n\n`;

/** An id without an event: the client comes back with it, and nothing happens. */
const mark = (reached: Place): string => `id: ${placeText(reached)}\n\n`;

/** Texts joined to pieces of a bounded size, one text at least. */
function* pieces(texts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const text of texts) {
    if (piece.length > 0 && piece.length + text.length > PIECE) {
      yield piece;
      piece = "";
    }
    piece += text;
  }
  if (piece.length > 0) yield piece;
}

/** Those who wait for something to become final. */
interface Bell {
  ring(): void;
  /** how often it rang */
  rung(): number;
  /** Resolves when it rings, at once if it has rung since `heard`, and after a time, or when whoever waits is gone. */
  wait(heard: number, mostMs: number, gone: AbortSignal): Promise<void>;
}

function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rung = 0;
  return {
    ring() {
      rung++;
      for (const wake of [...waiting]) wake();
    },
    rung: () => rung,
    wait: (heard, mostMs, gone) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          gone.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, mostMs);
        waiting.add(done);
        gone.addEventListener("abort", done);
        if (gone.aborted || rung > heard) done();
      }),
  };
}

/** What every event says of itself, whatever its type. */
const common = { block: z.int(), at: seconds, tx: hash };

/** The shape of an event's data by its type, for the document. */
const eventShapes = (kinds: EventDeps["kinds"]): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(kinds).map(([type, shape]) => [
      `Event_${type}`,
      z.strictObject({ ...common, ...shape.shape }).meta({ description: shape.meta()?.description ?? type }),
    ]),
  );

const streamText = z.string().meta({
  description:
    "`id:`, `event:` and `data:` lines with an empty line after each event; the shape of `data` is `Event_` and the type",
});

const description = (kinds: EventDeps["kinds"]): string =>
  [
    "Server-sent events. Each has an `id` (`block-index`), an `event` (its type) and `data`: JSON whose shape is `Event_` and the type, under Schemas.",
    "Whoever comes back with the last id as `Last-Event-ID` (or `?after=`) misses nothing and gets nothing twice; without one the stream begins with what becomes final next.",
    "A request that ends without the ledger (rejected, expired) is none: GET /v1/requests/{id}.",
    ...Object.entries(kinds).map(([type, shape]) => `\`${type}\`: ${shape.meta()?.description ?? ""}.`),
  ].join("\n\n");

/** The stream of what becomes final, and its route. */
export function createEvents(deps: EventDeps): Events {
  const { db, projections, kinds, log, heartbeatMs = HEARTBEAT_MS, mostStreams = MOST_STREAMS } = deps;
  const bell = createBell();
  const ending = new AbortController();
  let open = 0;
  /** those who are all at the same place, which is the end, read it once */
  let latest: { from: string; page: Promise<NewsPage> } | undefined;

  function read(after: Place): Promise<NewsPage> {
    const from = placeText(after);
    if (latest?.from === from) return latest.page;
    const page = readNews(db.sql, projections, after);
    latest = { from, page };
    page.then(
      // nothing yet: the next one looks again
      ({ news, upTo }) => latest?.page === page && news.length === 0 && upTo === after && (latest = undefined),
      () => (latest = undefined),
    );
    return page;
  }

  async function* follow(
    from: Place | undefined,
    types: ReadonlySet<string>,
    gone: AbortSignal,
  ): AsyncGenerator<string> {
    let at = from ?? { block: (await readCursor(db.sql))?.block ?? 0, index: END_OF_BLOCK };
    yield `retry: ${RETRY_MS}\n${mark(at)}`;
    while (!gone.aborted) {
      const heard = bell.rung();
      const { news, upTo } = await read(at);
      if (upTo === at) {
        await bell.wait(heard, heartbeatMs, gone);
        // woken for nothing new is no reason to speak
        if (bell.rung() === heard) yield `: ${placeText(at)}\n${mark(at)}`;
        continue;
      }
      const wanted = news.filter(({ type }) => types.has(type)).map(told);
      yield* pieces([...wanted, mark(upTo)]);
      at = upTo;
    }
  }

  async function* stream(
    from: Place | undefined,
    types: ReadonlySet<string>,
    gone: AbortSignal,
  ): AsyncGenerator<string> {
    open++;
    try {
      yield* follow(from, types, AbortSignal.any([gone, ending.signal]));
    } catch (error) {
      // the client comes back, and goes on where it was
      log.warn({ err: error }, "a stream of events broke off");
    } finally {
      open--;
    }
  }

  const names = Object.keys(kinds);
  const query = z.strictObject({
    after: place.optional(),
    types: z
      .string()
      .regex(
        new RegExp(`^(${names.join("|")})(,(${names.join("|")}))*$`),
        "must be types of events with commas between",
      )
      .optional()
      .meta({ description: "only these types, with commas between", example: "act,retired" }),
  });
  const events = route({
    method: "get",
    path: "/v1/events",
    summary: "What becomes final, as it does: acts, issuances, transfers, retirements, pools (server-sent events)",
    description: description(kinds),
    access: "public",
    query,
    headers: z.object({ "last-event-id": place.optional() }),
    answers: {
      200: { description: "A stream that does not end", schema: streamText, mediaType: "text/event-stream" },
    },
    shapes: eventShapes(kinds),
    problems: ["busy"],
    handle({ query: { after, types }, headers }) {
      if (open >= mostStreams) throw new Problem("busy", `${open} streams are open`);
      const wanted = new Set(types?.split(",") ?? names);
      const from = headers["last-event-id"] ?? after;
      return Promise.resolve({
        status: 200,
        headers: {
          "content-type": "text/event-stream",
          "cache-control": "no-cache, no-transform",
          "x-accel-buffering": "no",
        },
        stream: (gone: AbortSignal) => stream(from, wanted, gone),
      });
    },
  });
  return {
    routes: [events],
    wake() {
      latest = undefined;
      bell.ring();
    },
    stop() {
      ending.abort();
      return Promise.resolve();
    },
    open: () => open,
  };
}
