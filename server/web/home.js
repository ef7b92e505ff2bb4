/** The first page: a search box, whether the books balance, how far the ledger is, and what ledger it is. */
import { get, repeat } from "./api.js";
import { booksTable } from "./books.js";
import { announce, h } from "./dom.js";
import { t } from "./language.js";
import { booksBadge, fact, failureNotice, idText, number, swell, wordFor } from "./parts.js";
import { search } from "./search.js";

const LOOK_AGAIN_MS = 5_000;

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
    const before = state.books?.ok ? state.books.body : undefined;
    const ledger = state.ledger?.ok ? state.ledger : get("/v1/ledger");
    // the first time all at once; from then on the books again when a block has come
    const first = before ? undefined : get("/v1/audit/conservation");
    const ready = await get("/ready", [503]);
    take("chain", "ready", ready);
    take("ledger", "ledger", await ledger);
    const moved = !ready.ok || ready.body.indexer.block !== before?.asOfBlock;
    const books = await (first ?? (moved ? get("/v1/audit/conservation") : state.books));
    take("books", "books", books);
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
