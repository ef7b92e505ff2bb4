/** JSON in the one form that a value has: sorted keys, no spaces. Digests on chain are of documents written so. */

/** Whether all keys stand in order: such a value is written at once, several times faster. */
function inOrder(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(inOrder);
  const keys = Object.keys(value);
  return keys.every((key, i) => i === 0 || keys[i - 1]! < key) && Object.values(value).every(inOrder);
}

/** @param value of objects, arrays, text, whole numbers and booleans */
export function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || inOrder(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
