/** The documents of the demo: what a methodology, a report or a contract says, as a small file that everybody may read. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Hex } from "../../server/chain/port.ts";
import type { Api } from "./client.ts";
import { actKey } from "./keys.ts";
import type { Signing } from "./scenario/sinks.ts";

/** Uploads documents in the name of an office, logging in where it has not yet. */
export interface Papers {
  /** @returns the document's sha256 */
  file(by: Signing, content: object): Promise<Hex>;
  token(by: Signing): Promise<string>;
}

export function createPapers(api: Api): Papers {
  const tokens = new Map<Signing, Promise<string>>();
  const token = (by: Signing): Promise<string> => {
    const [role, n] = by.split("/") as [string, string];
    const known = tokens.get(by) ?? api.login(actKey(role, Number(n)));
    tokens.set(by, known);
    return known;
  };
  return {
    token,
    async file(by, content) {
      const bytes = utf8ToBytes(`${JSON.stringify(content, undefined, 2)}\n`) as Uint8Array<ArrayBuffer>;
      return api.upload(await token(by), bytes, "application/json");
    },
  };
}
