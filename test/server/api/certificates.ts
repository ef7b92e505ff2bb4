import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { id, type Interface } from "ethers";
import { roles } from "../../../server/access/roles.ts";
import { interfaces, type ContractName } from "../../../server/chain/contracts.ts";
import { readDeployment } from "../../../server/chain/deploy.ts";
import { openKeyFile } from "../../../server/chain/keyFile.ts";
import { RpcError, type Chain, type Hex } from "../../../server/chain/port.ts";
import { createSigner, nextNonce, sendRaw, type Signer } from "../../../server/chain/transactions.ts";
import { Problem } from "../../../server/errors.ts";
import type { Route } from "../../../server/route.ts";
import { certificateRoutes } from "../../../server/carbon/certificateRoutes.ts";
import { settings } from "../../../server/config.ts";
import { verify } from "../../../scripts/verify/verify.ts";
import { openApi, type TestApi } from "../../support/api.ts";
import { minedReceipt } from "../../support/chains.ts";
import { person, registrationOf } from "../../support/ledger.ts";

describe("GET /v1/retirements/{id}/certificate.json", function () {
  this.timeout(120_000);
  let api: TestApi;
  const [keeper, holder] = [person("keeper of roles"), person("holder")];

  /** One transaction, in a block when this returns. */
  async function call(from: Signer, contract: ContractName, method: string, args: unknown[]): Promise<void> {
    const { chainId, contracts } = readDeployment(join(api.home, "deployment.json"))!;
    const { chain } = api.running;
    const abi: Interface = interfaces[contract];
    const data = abi.encodeFunctionData(method, args) as Hex;
    const nonce = await nextNonce(chain, from.address);
    const transaction = { to: contracts[contract].address, data, nonce, gasLimit: 3_000_000n, chainId };
    const { raw, hash } = from.sign(transaction);
    await sendRaw(chain, raw);
    expect((await minedReceipt(chain, hash)).status, method).to.equal("0x1");
  }

  before(async () => {
    api = await openApi();
    const admin = createSigner((await openKeyFile(api.home, settings.TIDEMARK_PASSPHRASE.embedded, true)).admin!);
    for (const role of [roles.REGISTRY, roles.ISSUANCE, roles.AUDITOR]) {
      await call(admin, "AccessManager", "grantRole", [role, keeper.account, 0]);
    }
    const registrations = [keeper, holder].map(({ account }) => registrationOf(account));
    await call(keeper.signer, "Parties", "register", [registrations]);
    const batch = { vintage: 2021, scope: 3, allotments: [{ recipient: holder.account, kg: 500 }] };
    await call(keeper.signer, "Credits", "issue", [id("report"), 9, [batch]]);
    const claim = [id("beneficiary"), 3, 202_101, 202_112, 156, id("judgement")];
    await call(holder.signer, "Credits", "retire", [[[(1n << 128n) | 1n, 120]], claim]);
  });
  after(() => api.close());

  /** The certificate as it is served, once the index is as far as that. */
  async function served(until: (note: string | null) => boolean): Promise<Record<string, unknown>> {
    for (let asked = 0; asked < 400; asked++) {
      const { status, body, headers } = await api.ask("/v1/retirements/1/certificate.json");
      if (status === 200) {
        expect(headers.get("content-disposition")).to.equal('inline; filename="tidemark-retirement-1.json"');
        if (until((body["proved"] as { note: string | null }).note)) return body;
      } else expect(body["code"]).to.equal("not-found");
      await sleep(25);
    }
    throw new Error("the certificate does not come to be what it should be");
  }

  async function blockHash(certificate: Record<string, unknown>): Promise<Hex> {
    const { number } = (certificate["proved"] as { block: { number: number } }).block;
    const { running } = api;
    const block = await running.chain.request<{ hash: Hex }>("eth_getBlockByNumber", [
      `0x${number.toString(16)}`,
      false,
    ]);
    return block.hash;
  }

  it("given credits that were retired, when the certificate is asked for, then it holds against the chain's own hash of its block", async () => {
    const certificate = await served(() => true);
    const { failed } = await verify(JSON.stringify(certificate), { block: await blockHash(certificate) });
    expect(failed).to.equal(undefined);
    expect(certificate["described"]).to.deep.equal({
      kg: "120",
      serials: ["TM-1-2021-381-500"],
      purpose: "judicial-restoration",
      scopes: ["judicial-only"],
    });
  });

  it("given a remark of the auditor's, when the certificate is asked for again, then it proves the remark", async () => {
    await call(keeper.signer, "Credits", "annotate", [1, id("a remark")]);
    const certificate = await served((note) => note !== null);
    const { failed } = await verify(JSON.stringify(certificate), { block: await blockHash(certificate) });
    expect(failed).to.equal(undefined);
    expect(certificate["proved"]).to.deep.include({ note: id("a remark") });
  });

  it("given no such retirement, or no number, when its certificate is asked for, then a problem says so", async () => {
    const none = await api.ask("/v1/retirements/2/certificate.json");
    expect([none.status, none.body["code"]]).to.deep.equal([404, "not-found"]);
    for (const wrong of ["0", "x", "01", "9".repeat(19)]) {
      const { status, body } = await api.ask(`/v1/retirements/${wrong}/certificate.json`);
      expect([status, body["code"]], wrong).to.deep.equal([400, "invalid-request"]);
    }
  });

  it("given a chain that gives no proofs, when a certificate is asked for, then that is said", async () => {
    const { db, chain } = api.running;
    const { contracts } = readDeployment(join(api.home, "deployment.json"))!;
    const proofless: Chain = {
      ...chain,
      request: (method, params) =>
        method === "eth_getProof"
          ? Promise.reject(new RpcError(-32_601, "no such method"))
          : chain.request(method, params),
    };
    const [certificate] = certificateRoutes({ db, chain: proofless, credits: contracts.Credits.address });
    const asked = { params: { id: 1n } } as unknown as Parameters<Route["handle"]>[0];
    const refused = await certificate!.handle(asked).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Problem).with.nested.property("view.code", "not-provable");
  });
});
