/** The server is killed between what it signed for somebody and the answer: asked again under the same name, it signs nothing anew. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import { createSigner } from "../../../server/chain/transactions.ts";
import { settings } from "../../../server/config.ts";
import { holdKeys, logInAsAdmin, type Answer } from "../../support/api.ts";
import { copyPglite } from "../../support/databases.ts";
import { startServer, type ServerProcess } from "../../support/server.ts";

type Headers = Record<string, string>;

describe("a server that is killed after it signed", function () {
  this.timeout(120_000);
  let home: string;
  /** killed whatever became of the test */
  const servers: ServerProcess[] = [];
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "tidemark-held-"));
    await copyPglite(join(home, "db"));
  });
  after(async () => {
    for (const server of servers) await server.kill();
    await rm(home, { recursive: true });
  });

  /** A client of the server at an address. */
  function clientAt(url: string): (path: string, body?: unknown, headers?: Headers) => Promise<Answer> {
    return async (path, body, headers = {}) => {
      const response = await fetch(url + path, {
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const answer = { status: response.status, headers: response.headers };
      return { ...answer, body: (await response.json()) as Record<string, unknown> };
    };
  }

  it("given a request that was signed and stored but not answered, when it is sent again, then it is the same transaction, once", async () => {
    const { admin } = await openKeyFile(home, settings.TIDEMARK_PASSPHRASE.embedded, true);
    await holdKeys(home, [admin!]);
    const from = createSigner(admin!).address;
    const held = await startServer(home, { TIDEMARK_HOLD_AT: "accepted" });
    servers.push(held);
    const ask = clientAt(held.url);
    const login = await logInAsAdmin({ ask, home });
    const { body } = await ask("/v1/documents", "a method", { ...login, "content-type": "text/plain" });
    const terms = { from, document: body["sha256"], scope: 4, quorum: 1 };
    const name = { "idempotency-key": "first-methodology" };
    const { nextNonce } = (await ask(`/v1/senders/${from}`)).body as { nextNonce: number };
    const unanswered = ask("/v1/methodologies", terms, { ...login, ...name }).catch((error: unknown) => error);
    // an answer would say what is wrong
    const answered = await Promise.race([held.reached("accepted"), unanswered]);
    expect(answered, JSON.stringify(answered)).to.equal(undefined);
    await held.kill();
    expect(await unanswered).to.be.an("error");

    const again = await startServer(home);
    servers.push(again);
    const asked = clientAt(again.url);
    const headers = { ...(await logInAsAdmin({ ask: asked, home })), ...name };
    const first = await asked("/v1/methodologies", terms, headers);
    expect(first.status, JSON.stringify(first.body)).to.equal(202);
    let state: unknown;
    while (state !== "final") {
      state = (await asked(`/v1/requests/${String(first.body["digest"])}`)).body["state"];
      expect(state).not.to.equal("rejected");
      await sleep(25);
    }
    expect((await asked("/v1/methodologies", terms, headers)).body).to.deep.equal(first.body);
    expect((await asked(`/v1/senders/${from}`)).body["nextNonce"]).to.equal(nextNonce + 1);
    expect((await asked("/v1/methodologies")).body["methodologies"]).to.have.length(1);
    expect(await again.stop()).to.equal(0);
  });
});
