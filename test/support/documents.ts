/** Documents for tests. */

export const MEBIBYTE = 1_048_576;

/** So many bytes that do not repeat by chunk, the same ones each time. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
