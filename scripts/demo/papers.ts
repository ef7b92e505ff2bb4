/** The documents of the demo: what a methodology, a report or a contract says, as a small file that everybody may read. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Hex } from "../../server/chain/port.ts";
import type { Api } from "./client.ts";
import { actKeyOf } from "./keys.ts";
import type { Signing } from "./scenario/sinks.ts";

/** Files a document in the name of an office; it may be there already. @returns the document's sha256 */
export function filePaper(api: Api, by: Signing, content: object): Promise<Hex> {
  const bytes = utf8ToBytes(`${JSON.stringify(content, undefined, 2)}\n`) as Uint8Array<ArrayBuffer>;
  return api.upload(actKeyOf(by), bytes, "application/json");
}
