/** Accounts that are contracts and say themselves what they signed (ERC-1271), asked at the head as the ledger asks them. */
import { concatBytes } from "@noble/hashes/utils.js";
import { toHex, uintWord } from "./eip712.ts";
import { quantity } from "./blocks.ts";
import { RpcError, type Chain, type Hex } from "./port.ts";

/** `isValidSignature(bytes32,bytes)`: its selector, which is also the answer that means yes. */
const ASK = Uint8Array.of(0x16, 0x26, 0xba, 0x7e);
const YES = toHex(concatBytes(ASK, new Uint8Array(28)));

/** What the ledger gives a wallet to answer with. */
const WALLET_GAS = 400_000;
const CALL_GAS = 21_000;
const ZERO_BYTE_GAS = 4;
const BYTE_GAS = 16;

/** The last question to each chain. */
const questions = new WeakMap<Chain, Promise<unknown>>();

/**
 * Whether the contract at `account` answers within 400,000 gas that it signed the digest. What it says may change with
 * the next block; the ledger asks again. One question at a time: hostile wallets in many bundles at once would keep the
 * embedded chain from its blocks.
 * @throws where the chain gives no answer, as while a network is away
 */
export function walletSigned(chain: Chain, account: Hex, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const before = questions.get(chain) ?? Promise.resolve();
  const asked = before.then(() => ask(chain, account, digest, signature));
  questions.set(
    chain,
    asked.catch(() => undefined),
  );
  return asked;
}

async function ask(chain: Chain, account: Hex, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const filling = new Uint8Array((32 - (signature.length % 32)) % 32);
  const data = concatBytes(ASK, digest, uintWord(64), uintWord(signature.length), signature, filling);
  // a call pays for its own start and for its data; the rest is the wallet's
  const gas = data.reduce((sum, byte) => sum + (byte === 0 ? ZERO_BYTE_GAS : BYTE_GAS), CALL_GAS + WALLET_GAS);
  try {
    const answer = await chain.request<Hex>("eth_call", [
      { to: account, data: toHex(data), gas: quantity(gas) },
      "latest",
    ]);
    return answer.slice(0, YES.length) === YES;
  } catch (error) {
    // it reverted, or ran out of gas
    if (error instanceof RpcError) return false;
    throw error;
  }
}
