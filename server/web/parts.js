/** Pieces that both pages use: ids with a button to copy them, amounts, times, notices, the badge of the books. */
import { announce, glyph, h, svg } from "./dom.js";
import { integer, kilograms, moment, shortHex } from "./format.js";
import { known, language, t, tag } from "./language.js";
import { accountMark } from "./marks.js";

/**
 * An id in short or whole, with a button that copies all of it.
 * @param what its name in words, for the button
 */
export function idText(hex, what, { whole = false } = {}) {
  return h("span", { class: "hex" }, h("code", { title: hex }, whole ? hex : shortHex(hex)), copyButton(hex, what));
}

/** Where the browser has no clipboard for us (a page without TLS) there is no button; the text can still be selected. */
function copyButton(text, what) {
  if (!navigator.clipboard) return undefined;
  const button = h("button", {
    class: "copy",
    type: "button",
    "aria-label": t("copy.do", { what }),
    title: t("copy.do", { what }),
    click: () => void copy(text, button),
  });
  button.append(glyph("copy"));
  return button;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return;
  }
  button.replaceChildren(glyph("check"));
  announce(t("copy.done"));
  setTimeout(() => button.replaceChildren(glyph("copy")), 1_500);
}

/** A code block with a button that copies it. */
export const codeLine = (text, what) => h("div", { class: "line" }, h("code", {}, text), copyButton(text, what));

export const account = (id, what) => h("span", { class: "account" }, accountMark(id), idText(id, what));

/** `12.345 kg`, and below a kilogram `850 g`. */
export function massText(grams) {
  const light = BigInt(grams) < 1000n && BigInt(grams) > -1000n;
  const figure = light ? integer(grams, tag()) : kilograms(grams, tag());
  return h("span", { class: "mass" }, h("b", {}, figure), ` ${t(light ? "unit.g" : "unit.kg")}`);
}

/** The same to the gram, where `massText` says kilograms. */
export const exactText = (grams) => BigInt(grams) >= 1000n && h("span", { class: "exact" }, gramsText(grams));

const gramsText = (grams) => `${integer(grams, tag())} ${t("unit.g")}`;

export const number = (value) => integer(value, tag());

export const when = (seconds) => moment(seconds, tag());

/** A name that the API gives in both languages. */
export const named = ({ zh, en }) => (language() === "zh" ? zh : en);

/** One row of a list of facts. */
export const fact = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));

/**
 * What went wrong and what can be done, in words.
 * @param failure as `get` returns it
 * @param again called when the reader asks to try once more
 */
export function failureNotice({ why, problem }, again) {
  announce(t(`wrong.${why}`));
  // the server's own sentence about this very request, in English: where ours cannot say as much
  const detail =
    problem?.detail &&
    ["refused", "failed"].includes(why) &&
    h("span", { class: "small quiet", lang: "en" }, problem.detail);
  return h(
    "div",
    { class: "notice" },
    h("strong", {}, t(`wrong.${why}`)),
    h("span", {}, t(`wrong.${why}.do`)),
    detail,
    again && h("button", { class: "button plain", type: "button", click: again }, t("again")),
  );
}

/** Two columns of water and the line between them: level when both sides of the books agree. */
export function gauge(ok) {
  const right = ok ? 9 : 15;
  return svg(
    "svg",
    { class: "gauge", viewBox: "0 0 28 24", "aria-hidden": "true" },
    svg("path", { d: "M3 2v20h9V2M16 2v20h9V2", class: "glass" }),
    svg("path", { d: `M3 9h9v13H3zM16 ${right}h9v${22 - right}h-9z`, class: "level" }),
    svg("path", { d: "M1 9h26", class: "line" }),
  );
}

/** The books in one word. @param books the answer of /v1/audit/conservation, or `undefined` where there is none */
export function booksBadge(books) {
  if (!books) return h("span", { class: "chip warn" }, glyph("wait"), t("books.unknown"));
  const asOf = t("books.asOf", { block: number(books.asOfBlock) });
  return h(
    "span",
    { class: `chip ${books.ok ? "good" : "bad"}` },
    gauge(books.ok),
    h("span", {}, t(books.ok ? "books.ok" : "books.off"), h("span", { class: "as-of" }, asOf)),
  );
}

/** Two slow swells across the page, and the water under them. */
export const swell = () =>
  h(
    "div",
    { class: "tide", "aria-hidden": "true" },
    svg(
      "svg",
      { viewBox: "0 0 1200 90", preserveAspectRatio: "none" },
      svg("path", { class: "far", d: "M0 34c100-28 200-28 300 0s200 28 300 0 200-28 300 0 200 28 300 0V120H0z" }),
      svg("path", { class: "near", d: "M0 62c120-24 240-24 400 0s260 22 400 0 260-22 400 0V120H0z" }),
    ),
  );

/** A word of the API in this page's words, or as it came where this page has none for it. */
export const wordFor = (prefix, word) => known(`${prefix}.${word}`) ?? h("span", { lang: "en" }, word);
