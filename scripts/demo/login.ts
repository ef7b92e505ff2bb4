/** Logging in as a wallet does: the EIP-4361 text with the server's values, signed (EIP-191). */
import { SiweMessage } from "@signinwithethereum/siwe";
import { getAddress, getBytes, hashMessage } from "ethers";
import type { ActKey } from "./keys.ts";

/** What `POST /v1/login/nonce` answers, and what goes into the text. */
export interface LoginTerms {
  nonce: string;
  domain: string;
  uri: string;
  chainId: number;
  version: string;
}

/** The body of `POST /v1/login`. @param more fields of the text to be otherwise */
export function signedLogin(
  { nonce, domain, uri, chainId, version }: LoginTerms,
  key: ActKey,
  more: Partial<SiweMessage> = {},
): { message: string; signature: string } {
  const address = getAddress(key.address);
  const issuedAt = new Date().toISOString();
  const text = new SiweMessage({ address, nonce, domain, uri, chainId, version, issuedAt, ...more }).toMessage();
  return { message: text, signature: key.sign(getBytes(hashMessage(text))) };
}
