/** The documents port: bytes by their CID, whether files of the home or an IPFS node is behind it. */

/** What names a document's bytes, under the profile `unixfs-v1-2025`. */
export interface Named {
  /** CIDv1 in base32: for up to 1 MiB it is the bytes' sha2-256 itself */
  cid: string;
  /** of all its bytes; contracts hold this one */
  sha256: `0x${string}`;
  bytes: number;
}

export interface Documents {
  /**
   * Stores the bytes, durably once this resolves; the same bytes again change nothing, or mend a damaged file.
   * @throws Problem `document-empty`; `not-writable`, `documents-away` or `document-damaged` where they could not be
   * stored
   */
  put(bytes: Uint8Array): Promise<Named>;
  /**
   * The bytes that the CID names, checked against it; `undefined` where there are none.
   * @throws Problem `invalid-request` for another kind of CID, `document-damaged` where other bytes are stored under it,
   * `documents-away` where the store does not answer
   */
  get(cid: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** A document that is on record. */
export interface Recorded extends Named {
  /** as its uploader said, such as `text/csv; charset=gb18030` */
  mediaType: string;
}

/** Documents with their record, which is what the rooms and the API use: one is found by its CID and by its sha256. */
export interface Library {
  /**
   * Stores the bytes, then records them. The first record of some bytes stays.
   * @param by address of the key that uploads, or of the account that the server does it for
   * @throws as {@link Documents.put}
   */
  add(bytes: Uint8Array, of: { mediaType: string; by: `0x${string}` }): Promise<{ document: Recorded; isNew: boolean }>;
  /** The record alone. @param id a CID, or 0x and the sha256 */
  find(id: string): Promise<Recorded | undefined>;
  /**
   * The record and the bytes, checked.
   * @throws as {@link Documents.get}; `document-damaged` also where a recorded document's bytes are gone
   */
  read(id: string): Promise<{ document: Recorded; content: Uint8Array } | undefined>;
}
