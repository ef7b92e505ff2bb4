/** Which of the two languages the page speaks, and its words. */
import { words } from "./words.js";

const KEEP = "tidemark.language";
const tags = { zh: "zh-CN", en: "en" };

function kept() {
  try {
    return localStorage.getItem(KEEP);
  } catch {
    // storage may be forbidden; the browser's language serves then
    return null;
  }
}

/** A link may name the language, for the one visit; else the one chosen last, else the browser's. */
const first = new URLSearchParams(location.search).get("lang") ?? kept();
let current =
  first === "zh" || first === "en" ? first : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const listeners = new Set();

/** `zh` or `en`. */
export const language = () => current;

/** The BCP 47 tag, for `lang` and Intl. */
export const tag = () => tags[current];

/** Speaks that language from now on, and on later visits. */
export function speak(chosen) {
  current = chosen;
  try {
    localStorage.setItem(KEEP, chosen);
  } catch {
    // it then lasts as long as this page
  }
  for (const listener of listeners) listener();
}

export const onLanguage = (listener) => listeners.add(listener);

/**
 * The words under that key, with `{name}` replaced by the value of that name, and `{name|one|many}` by what goes with
 * it; `undefined` where there is no such key.
 */
export function known(key, values = {}) {
  return words[key]?.[current]
    .replaceAll(/\{(\w+)\|(.*?)\|(.*?)\}/g, (_, name, one, many) => (String(values[name]) === "1" ? one : many))
    .replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** As `known`, for keys that exist. */
export const t = (key, values) => known(key, values) ?? key;
