/** The checks of the books, side by side. */
import { h } from "./dom.js";
import { sideKind, yuan } from "./format.js";
import { known, t, tag } from "./language.js";
import { exactText, massText, number } from "./parts.js";

const sides = {
  mass: (value) => h("div", {}, massText(value), exactText(value)),
  number: (value) => h("span", { class: "mass" }, number(value)),
  carbon: (value) => h("span", { class: "mass" }, t("books.carbon", { kg: number(value) })),
  money: (value) => h("span", { class: "mass" }, t("books.money", { yuan: yuan(value, tag()) })),
  ...Object.fromEntries(
    ["lots", "blocks", "pools", "balances"].map((kind) => [
      kind,
      (value) => t(`books.${kind}`, { [kind]: number(parseInt(value, 10)) }),
    ]),
  ),
  text: (value) => h("code", { class: "hex" }, value),
};

function checkRow({ id, what, ok, left, right }) {
  const name = known(`check.${id}`) ?? h("span", { lang: "en" }, what);
  const cell = (label, ...content) => h("td", { "data-label": label }, ...content);
  const side = (value) => sides[sideKind(id, value)](value);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name, h("code", { class: "check-id" }, id)),
    cell(t("books.left"), side(left)),
    cell(t("books.right"), side(right)),
    cell(
      t("books.verdict"),
      h("span", { class: `chip ${ok ? "good" : "bad"}` }, ok ? "=" : "≠", " ", t(ok ? "books.same" : "books.differs")),
    ),
  );
}

/** @param checks as `/v1/audit/conservation` answers them */
export function booksTable({ checks }) {
  const heading = (key) => h("th", { scope: "col" }, t(key));
  return h(
    "table",
    { class: "books" },
    h("caption", { class: "unseen" }, t("books.title")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["check", "left", "right", "verdict"].map((key) => heading(`books.${key}`)),
      ),
    ),
    h("tbody", {}, checks.map(checkRow)),
  );
}
