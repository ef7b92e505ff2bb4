/** A client of `GET /v1/events`: reads the stream as its specification says. */

export interface Told {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

export interface Stream {
  /** the id to come back with: that of the last event, or of a mark after it */
  lastId(): string;
  /** all text so far */
  text(): string;
  /** Reads on until an event satisfies, which is the last one returned; or until the stream ends. */
  until(enough: (event: Told) => boolean): Promise<Told[]>;
  /** Whether the stream was ended by the server, cleanly, once everything is read. @throws where it broke off */
  ended(): Promise<boolean>;
  leave(): Promise<void>;
}

const field = (block: string, name: string): string | undefined =>
  block
    .split("\n")
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2);

/** Opens a stream. @throws where the answer is none */
export async function openStream(url: string, query = "", headers: Record<string, string> = {}): Promise<Stream> {
  const aborted = new AbortController();
  const response = await fetch(`${url}/v1/events${query}`, { headers, signal: aborted.signal });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let [lastId, text, rest] = ["", "", ""];

  function take(chunk: string): Told[] {
    text += chunk;
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop()!;
    return blocks.flatMap((block) => {
      lastId = field(block, "id") ?? lastId;
      const [type, data] = [field(block, "event"), field(block, "data")];
      if (type === undefined || data === undefined) return [];
      return [{ id: lastId, type, data: JSON.parse(data) as Told["data"] }];
    });
  }

  return {
    lastId: () => lastId,
    text: () => text,
    async until(enough) {
      const events: Told[] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return events;
        events.push(...take(value));
        if (events.some(enough)) return events;
      }
    },
    async ended() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return true;
        take(value);
      }
    },
    async leave() {
      aborted.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
}
