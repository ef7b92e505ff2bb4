/** Which route an address belongs to: logs, metrics and refusals name routes by their template, never by what was asked. */

/** Of an address that no route has. */
export const NO_ROUTE = "none";

/** `{id}` stands for one segment, `{file...}` for all that follow. As Express reads a path: in any case, with a slash more. */
const patternOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .replaceAll(".", "\\.")
      .replaceAll(/\{\w+\\\.\\\.\\\.\}/g, ".+")
      .replaceAll(/\{\w+\}/g, "[^/]+")}/?$`,
    "i",
  );

/**
 * @param templates such as `/v1/lots/{id}`
 * @returns the template that a path is an instance of, {@link NO_ROUTE} where there is none
 */
export function createTemplates(templates: readonly string[]): (path: string) => string {
  const fixed = new Set(templates.filter((template) => !template.includes("{")));
  const patterns = [...new Set(templates)]
    .filter((template) => template !== "/")
    .map((template) => ({ template, pattern: patternOf(template) }));
  return (path) =>
    fixed.has(path) ? path : (patterns.find(({ pattern }) => pattern.test(path))?.template ?? NO_ROUTE);
}
