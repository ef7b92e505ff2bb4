import { expect } from "chai";
import type { Chain, Hex } from "../../../server/chain/port.ts";
import { walletSigned } from "../../../server/chain/wallets.ts";
import { openEmbedded, type OpenChain } from "../../support/chains.ts";
import { openLedger, type Ledger } from "../../support/ledger.ts";
import { deployWallet, honestWallet } from "../../support/walletAccounts.ts";

describe("walletSigned", function () {
  this.timeout(60_000);
  let opened: OpenChain;
  let ledger: Ledger;
  let wallet: Hex;
  const [digest, other] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];

  before(async () => {
    opened = await openEmbedded();
    ledger = await openLedger(opened.chain);
    wallet = await deployWallet(opened.chain, ledger.carrier.signer, honestWallet);
  });
  after(() => opened.close());

  it("given many questions at once, some of which the chain leaves unanswered, when asked, then it is one at a time, and each has its own answer", async () => {
    let [asking, most, times] = [0, 0, 0];
    const chain: Chain = {
      ...opened.chain,
      async request(method, params) {
        most = Math.max(most, ++asking);
        const lost = ++times % 3 === 0;
        const answer = await opened.chain.request<never>(method, params).finally(() => asking--);
        if (lost) throw new Error("the connection was lost");
        return answer;
      },
    };
    const ask = (n: number): Promise<boolean | string> =>
      walletSigned(chain, wallet, n % 2 === 0 ? digest : other, digest).catch(
        (error: unknown) => (error as Error).message,
      );
    const answers = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(ask));
    const lost = "the connection was lost";
    expect(answers).to.deep.equal([true, false, lost, false, true, lost, true]);
    expect(most).to.equal(1);
  });
});
