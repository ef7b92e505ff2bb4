/** The first page: a search box, whether the books balance, how far the ledger is, and what ledger it is. */
import { get, repeat } from "./api.js";
import { announce, h } from "./dom.js";
import { known, t } from "./language.js";
import { booksBadge, fact, failureNotice, exactText, idText, massText, number, swell, wordFor } from "./parts.js";
import { search } from "./search.js";

const LOOK_AGAIN_MS = 5_000;

/** Grams for the checks of T1; other checks bring units of their own, so they stay plain numbers. */
const side = (id, value) =>
  id.startsWith("T1.") ? h("div", {}, massText(value), exactText(value)) : h("span", { class: "mass" }, number(value));

function checkRow({ id, what, ok, left, right }) {
  const name = known(`check.${id}`) ?? h("span", { lang: "en" }, what);
  const cell = (label, ...content) => h("td", { "data-label": label }, ...content);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name, h("code", { class: "check-id" }, id)),
    cell(t("books.left"), side(id, left)),
    cell(t("books.right"), side(id, right)),
    cell(
      t("books.verdict"),
      h("span", { class: `chip ${ok ? "good" : "bad"}` }, ok ? "=" : "≠", " ", t(ok ? "books.same" : "books.differs")),
    ),
  );
}

function booksTable({ checks }) {
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

const loading = () => h("p", { class: "quiet" }, t("loading"));

function booksPart({ books }) {
  return [
    h(
      "div",
      { class: "part-head" },
      h("h2", { id: "books" }, t("books.title")),
      books && booksBadge(books.ok ? books.body : undefined),
    ),
    h("p", { class: "quiet" }, t("books.lead")),
    books ? (books.ok ? booksTable(books.body) : failureNotice(books)) : loading(),
  ];
}

function progress({ done, total }) {
  const text = t("chain.progress", { done: number(done), total: number(total) });
  const bar = h("progress", { max: Math.max(total, 1), "aria-label": text });
  bar.value = done;
  return h("div", {}, bar, h("p", { class: "small quiet" }, text));
}

/** A part of the server in words: what stopped it, or that it works. */
const partWords = (stopped, works) =>
  stopped === undefined
    ? t(works ? "chain.works" : "chain.waits")
    : h("span", { class: "stopped", lang: "en" }, stopped);

function chainPart({ ready }) {
  const title = h("h2", { id: "chain" }, t("chain.title"));
  if (!ready) return [title, loading()];
  if (!ready.ok) return [title, failureNotice(ready)];
  const { ready: works, chain, relayer, indexer } = ready.body;
  return [
    h(
      "div",
      { class: "part-head" },
      title,
      h("span", { class: `chip ${works ? "good" : "warn"}` }, t(works ? "chain.ready" : "chain.notReady")),
    ),
    !chain.ready && progress(chain),
    h(
      "dl",
      { class: "facts two" },
      fact(t("chain.phase"), wordFor("phase", chain.phase)),
      fact(t("chain.indexed"), t("chain.block", { block: number(indexer.block) })),
      fact(t("chain.relayer"), partWords(relayer.halted, works || chain.ready)),
      fact(t("chain.indexer"), partWords(indexer.stopped, works || chain.ready)),
    ),
  ];
}

function ledgerPart({ ledger }) {
  const title = h("h2", { id: "ledger" }, t("ledger.title"));
  if (!ledger) return [title, loading()];
  if (!ledger.ok) return [title, failureNotice(ledger)];
  const { chainId, authority, contracts } = ledger.body;
  return [
    title,
    h("p", { class: "quiet" }, t("ledger.lead")),
    h(
      "dl",
      { class: "facts two" },
      // an id, not an amount: no grouping
      fact(t("ledger.chainId"), h("code", { class: "hex" }, String(chainId))),
      fact(t("ledger.authority"), idText(authority, t("ledger.authority"))),
      Object.entries(contracts)
        .filter(([, address]) => address !== authority)
        .map(([name, address]) => fact(h("span", { lang: "en" }, name), idText(address, name))),
    ),
  ];
}

/**
 * Fills the page and keeps it up to date while it is looked at.
 * @returns a function that draws it again in the language of the moment
 */
export function home(root) {
  const state = { ready: undefined, books: undefined, ledger: undefined };
  const box = search(new URLSearchParams(location.search).get("id") ?? undefined);
  const headline = h("h1", {});
  const parts = { books: booksPart, chain: chainPart, ledger: ledgerPart };
  const elements = Object.fromEntries(
    Object.keys(parts).map((name) => [
      name,
      h("section", { class: `sheet stack part-${name}`, "aria-labelledby": name }),
    ]),
  );

  function drawPart(name) {
    elements[name].replaceChildren(...parts[name](state).filter((child) => child));
  }

  /** Draws a part only when its answer differs from the last one: what a reader has focused or selected stays. */
  function take(name, from, answer) {
    if (JSON.stringify(state[from]) === JSON.stringify(answer)) return;
    state[from] = answer;
    drawPart(name);
  }

  function draw() {
    document.title = `${t("site.tagline")} · Tidemark`;
    headline.replaceChildren(t("site.tagline"));
    box.draw();
    for (const name of Object.keys(parts)) drawPart(name);
  }

  async function look() {
    const ready = await get("/ready", [503]);
    const before = state.books?.ok ? state.books.body : undefined;
    const moved = !ready.ok || ready.body.indexer.block !== before?.asOfBlock;
    take("chain", "ready", ready);
    const [books, ledger] = await Promise.all([
      moved ? get("/v1/audit/conservation") : state.books,
      state.ledger?.ok ? state.ledger : get("/v1/ledger"),
    ]);
    take("books", "books", books);
    take("ledger", "ledger", ledger);
    if (books.ok && before && books.body.ok !== before.ok) announce(t(books.body.ok ? "books.ok" : "books.off"));
    return LOOK_AGAIN_MS;
  }

  root.replaceChildren(
    h("div", { class: "shore" }, h("div", { class: "band" }, headline, box.element), swell()),
    h("div", { class: "band parts" }, elements.books, elements.chain, elements.ledger),
  );
  draw();
  repeat(look);
  return draw;
}
