/** HTTP as an audit asks it: what stutters is asked again, what stays away ends the audit in words. */
import { setTimeout as sleep } from "node:timers/promises";

/** Why the audit could not be done, as a sentence that says what to do. */
export class CouldNot extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "CouldNot";
  }
}

/** Pauses before asking again, in milliseconds: ten seconds in all. */
const pauses = [0, 100, 200, 400, 800, 1_500, 3_000, 4_000];
const ANSWER_WITHIN_MS = 60_000;

export interface Answer {
  status: number;
  body: unknown;
}

/** @throws CouldNot where there is no answer, or only that the other side cannot answer now */
export const ask = (url: string, post?: unknown): Promise<Answer> => persist(url, post, (response) => response.json());

/** The same, of a body that is any bytes; a problem is JSON. */
export const askBytes = (url: string): Promise<Answer> =>
  persist(url, undefined, async (response) =>
    response.ok ? Buffer.from(await response.arrayBuffer()) : response.json(),
  );

type Read = (response: Response) => Promise<unknown>;

async function persist(url: string, post: unknown, read: Read): Promise<Answer> {
  let why = "";
  for (const pause of pauses) {
    await sleep(pause);
    try {
      const answer = await once(url, post, read);
      if (answer.status < 500 && answer.status !== 429) return answer;
      why = wordsOf(answer);
      // a server that limits its callers says when there is room again
      await sleep(answer.laterMs);
    } catch (error) {
      const { message, cause } = error as Error;
      why = cause instanceof Error && cause.message !== "" ? cause.message : message;
    }
  }
  throw new CouldNot(
    `${url} does not answer (${why}). Check the address and that the server is ready, then try again.`,
  );
}

async function once(url: string, post: unknown, read: Read): Promise<Answer & { laterMs: number }> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    headers: { "content-type": "application/json" },
    ...(post === undefined ? {} : { method: "POST", body: JSON.stringify(post) }),
  });
  const laterMs = response.status === 429 ? Number(response.headers.get("retry-after") ?? 0) * 1_000 : 0;
  return { status: response.status, body: await read(response), laterMs };
}

/** What an answer says of itself where it is a problem document. */
export function wordsOf({ status, body }: Answer): string {
  const { title, detail } = (body ?? {}) as { title?: string; detail?: string };
  return title === undefined ? `status ${status}` : `${title}: ${detail ?? ""}`;
}
