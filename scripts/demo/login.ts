/** Logging in as a wallet does: the EIP-4361 text with the server's values, signed (EIP-191). */
import { SiweMessage } from "@signinwithethereum/siwe";
import { getAddress, getBytes, hashMessage } from "ethers";
import type { Hex } from "../../server/chain/port.ts";
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

/** A server that goes away between a token and its use is one try more. */
const MOST_TRIES = 4;

/** Whether an answer says that who asks is not known: a token that ran out, or one of a server that came back elsewhere. */
const isStranger = ({ status }: { status: number }): boolean => status === 401;

/** Does a thing again while it is not taken for who asks. @returns the last answer */
export async function untilKnown<A extends { status: number }>(attempt: () => Promise<A>): Promise<A> {
  let answer = await attempt();
  for (let tries = 1; tries < MOST_TRIES && isStranger(answer); tries++) answer = await attempt();
  return answer;
}

/** Asks in the name of a key. */
export type AskAs = <A extends { status: number }>(key: ActKey, ask: (token: string) => Promise<A>) => Promise<A>;

/**
 * A token is kept and used again; where it is not taken any more, another is drawn. It names the server's address, so one
 * of before is nothing to a server that came back elsewhere.
 */
export function createSessions(login: (key: ActKey) => Promise<string>): AskAs {
  const tokens = new Map<Hex, Promise<string>>();
  return (key, ask) =>
    untilKnown(async () => {
      const token = tokens.get(key.address) ?? login(key);
      tokens.set(key.address, token);
      let known = false;
      try {
        const answer = await ask(await token);
        known = !isStranger(answer);
        return answer;
      } finally {
        if (!known && tokens.get(key.address) === token) tokens.delete(key.address);
      }
    });
}
