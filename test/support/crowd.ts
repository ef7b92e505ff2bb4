/** Many clients at once, some of them ill-behaved: what is asked, what it may be answered with, and whether it was. */
import { Agent, request, type ClientRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What is not answered within this hangs. */
export const HANG_MS = 60_000;

export interface Question {
  path: string;
  /** posted; without it the path is read */
  body?: string | Buffer;
  contentType?: string;
  /** the statuses that are right */
  right: readonly number[];
  /** how the client behaves: the body a piece at a time, or gone before it is answered */
  manner?: "slow" | "gone";
}

export interface Reply {
  question: Question;
  /** `undefined` for one that we left */
  status: number | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface Crowd {
  /** Asks, over any of the connections. @throws where nothing is answered, or what is answered is not whole */
  ask(question: Question): Promise<Reply>;
  close(): void;
}

/** @param connections open at a time, kept alive */
export function createCrowd(url: string, connections: number): Crowd {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  return {
    async ask(question) {
      for (;;) {
        const reply = await answered(url, agent, question);
        // a connection that was idle too long is closed by the server while we write: asked again, as browsers do
        if (reply !== "closed") return reply;
      }
    },
    close: () => agent.destroy(),
  };
}

function answered(url: string, agent: Agent, question: Question): Promise<Reply | "closed"> {
  const { path, body, contentType = "application/json", manner } = question;
  return new Promise((resolve, reject) => {
    const asked = request(url + path, {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(body) },
    });
    const failed = (why: string): void => reject(new Error(`${asked.method} ${path.slice(0, 80)}: ${why}`));
    const hang = setTimeout(() => {
      failed(`no answer within ${HANG_MS / 1_000} s`);
      asked.destroy();
    }, HANG_MS);
    asked.on("close", () => clearTimeout(hang));
    // one that was answered early may be closed while the rest of its body is still on its way out
    asked.on("socket", (socket) => {
      if (!socket.listeners("error").includes(ignore)) socket.on("error", ignore);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => {
      if (asked.reusedSocket && error.code === "ECONNRESET") resolve("closed");
      else failed(error.message);
    });
    asked.on("response", (response) => {
      whole(response).then((text) => {
        resolve({ question, status: response.statusCode, headers: response.headers, body: text });
      }, reject);
    });
    if (manner === "slow") return void dribble(asked, Buffer.from(body ?? ""));
    asked.end(body);
    if (manner === "gone") {
      setTimeout(() => {
        resolve({ question, status: undefined, headers: {}, body: "" });
        asked.destroy();
      }, path.length % 20);
    }
  });
}

const ignore = (): void => undefined;

async function whole(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

/** Ten pieces, a fifth of a second in all and more where a server is busy. */
async function dribble(asked: ClientRequest, body: Buffer): Promise<void> {
  const size = Math.ceil(body.length / 10);
  for (let at = 0; at < body.length; at += size) {
    asked.write(body.subarray(at, at + size));
    await sleep(20);
  }
  asked.end();
}

/** Connections that promise a body, send its first byte, and then nothing. */
export async function stall(url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const head = `POST /v1/acts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n[`;
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(head);
      return socket;
    }),
  );
}

/** Asks `/health` over a connection of its own ten times a second until told to stop. @returns the statuses */
export function watchHealth(url: string): { stop(): Promise<number[]> } {
  const crowd = createCrowd(url, 1);
  const stopping = new AbortController();
  const statuses: number[] = [];
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const { status } = await crowd.ask({ path: "/health", right: [200] });
      statuses.push(status!);
      await sleep(100);
    }
  })();
  watching.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await watching;
      crowd.close();
      return statuses;
    },
  };
}
