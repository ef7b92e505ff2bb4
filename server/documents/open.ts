/** Chooses where documents are kept. */
import { openFiles } from "./files.ts";
import type { Documents } from "./port.ts";

/**
 * Opens the documents.
 * @param url RPC of a Kubo; without one they are files
 * @param folder of the files
 */
export async function openDocuments({ url, folder }: { url: string | undefined; folder: string }): Promise<Documents> {
  if (url === undefined) return openFiles(folder);
  // its client takes a third of a second to load, so it is loaded only where it is used
  const { openKubo } = await import("./kubo.ts");
  return openKubo(url);
}
