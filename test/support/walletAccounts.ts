/** Accounts that are contracts on a server's chain, and how the owner of an honest one signs (ERC-1271). */
import { concat, getCreateAddress } from "ethers";
import { sendAs } from "../../server/chain/deploy.ts";
import type { Chain, Hex } from "../../server/chain/port.ts";
import { nextNonce, type Signer } from "../../server/chain/transactions.ts";
import type { Sign } from "./acts.ts";

/** Agrees to any digest of which the signature is a copy: calldataload(4) == calldataload(100), times the answer. */
export const honestWallet = "0x60043560643514631626ba7e60e01b0260005260206000f3";

export const walletSign: Sign = (digest) => concat(["0x02", digest]);

/** Puts code on the chain and gives its address, lower case. */
export async function deployWallet(chain: Chain, from: Signer, code: string): Promise<Hex> {
  const length = (code.length - 2) / 2;
  const copiesItself = `0x60${length.toString(16).padStart(2, "0")}80600b6000396000f3`;
  const chainId = Number(await chain.request<Hex>("eth_chainId"));
  const address = getCreateAddress({ from: from.address, nonce: await nextNonce(chain, from.address) });
  await sendAs(chain, from, chainId, undefined, concat([copiesItself, code]) as Hex);
  return address.toLowerCase() as Hex;
}
