/** Answers that go on: text as it comes to be, to whoever keeps reading. */
import type { Request, Response } from "express";

/** How long a client may read nothing of what waits for it. */
export const STALLED_MS = 30_000;

/** Resolves once the client has taken what was written, or is gone. */
function drained(response: Response, gone: AbortSignal, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), mostMs);
    const done = (): void => {
      clearTimeout(stalled);
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    gone.addEventListener("abort", done);
    if (gone.aborted) done();
  });
}

/**
 * Sends a stream; resolves when it has ended or the client is gone. One piece of text waits for the client at most: the
 * next is asked for when that one is taken. A client that takes nothing for as long as `stalledMs` is dropped.
 */
export async function sendStream(
  request: Request,
  response: Response,
  stream: (gone: AbortSignal) => AsyncIterable<string>,
  stalledMs = STALLED_MS,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.flushHeaders();
  if (request.method === "HEAD") return void response.end();
  for await (const text of stream(gone.signal)) {
    if (gone.signal.aborted) break;
    if (!response.write(text)) await drained(response, gone.signal, stalledMs);
  }
  response.end();
}
