/** The page of one lot: what it is, what happened to it, and how to check that. */
import { get, repeat } from "./api.js";
import { announce, glyph, h } from "./dom.js";
import { idIn } from "./format.js";
import { t } from "./language.js";
import { lotMark } from "./marks.js";
import {
  account,
  booksBadge,
  fact,
  failureNotice,
  exactText,
  idText,
  massText,
  named,
  number,
  swell,
  wordFor,
} from "./parts.js";
import { follow, hasEnded, requestCard } from "./request.js";
import { verification } from "./verify.js";
import { ways } from "./ways.js";

const TRY_AGAIN_MS = 5_000;
const dispositions = { open: "good", consumed: "", void: "bad" };

function lotHead({ id, class: kind, massGrams, custodian, seq, disposition, flags }, badge) {
  return h(
    "section",
    { class: "sheet stack lot-head", "aria-labelledby": "lot" },
    h(
      "div",
      { class: "lot-name" },
      lotMark(id),
      h("div", {}, h("p", { class: "small quiet" }, t("lot.kind")), h("h1", { id: "lot" }, named(kind))),
    ),
    h("p", { class: "lot-mass" }, massText(massGrams), exactText(massGrams)),
    h(
      "p",
      { class: "chips" },
      h("span", { class: `chip ${dispositions[disposition] ?? ""}` }, wordFor("disposition", disposition)),
      flags.map((flag) => h("span", { class: "chip warn" }, glyph("alert"), wordFor("flag", flag))),
      badge,
    ),
    flags.length > 0 &&
      h(
        "ul",
        { class: "why" },
        flags.map((flag) => h("li", {}, h("b", {}, wordFor("flag", flag)), " ", wordFor("flag", `${flag}.why`))),
      ),
    h(
      "dl",
      { class: "facts" },
      fact(t("lot.id"), idText(id, t("lot.id"), { whole: true })),
      fact(t("lot.custodian"), custodian ? account(custodian, t("lot.custodian")) : t("party.person")),
      fact(t("lot.seq"), number(seq)),
      fact(t("lot.class"), h("code", { class: "hex" }, `${kind.term} (${kind.code})`)),
    ),
  );
}

/** Where an open lot is; one that was consumed is nowhere any more. */
const openHolder = (lot) => (lot?.disposition === "open" ? lot.custodian : undefined);

/**
 * Fills the page for the lot that its address names.
 * @returns a function that draws it again in the language of the moment
 */
export function lot(root, asked) {
  const id = idIn(asked);
  const band = h("div", { class: "band parts-lot" });
  const state = { lot: undefined, books: undefined, looked: false, request: undefined };
  const history =
    id &&
    ways(
      id,
      () => openHolder(state.lot?.body),
      () => drawProof(),
    );
  const badge = h("a", { class: "badge", href: "/#books" });
  const proof = h("section", { class: "sheet stack", "aria-labelledby": "verify" });
  root.replaceChildren(h("div", { class: "lot-page" }, swell(), band));

  function drawProof() {
    proof.replaceChildren(...verification(id, history.acts()));
  }

  function content() {
    if (state.lot?.ok) return [lotHead(state.lot.body, badge), history.element, proof];
    const title = h("h1", { class: "unseen" }, t("lot.kind"));
    if (state.request) {
      const onTheWay = !hasEnded(state.request) && h("p", { class: "notice" }, t("request.onTheWay"));
      return [title, onTheWay, requestCard(state.request)].filter((child) => child);
    }
    if (id && !state.lot) return [title, h("p", { class: "quiet" }, t("loading"))];
    const notice = id ? failureNotice(state.lot, () => void load()) : failureNotice({ why: "id" });
    return [title, notice, h("p", {}, h("a", { href: "/" }, t("search.label")))];
  }

  function draw() {
    const name = state.lot?.ok ? named(state.lot.body.class) : t("lot.kind");
    document.title = `${name} · Tidemark`;
    band.replaceChildren(...content());
    if (!state.lot?.ok) return;
    if (state.looked) badge.replaceChildren(booksBadge(state.books));
    history.draw();
    drawProof();
  }

  /** A collect's lot has the act's digest as its id: before it is indexed, its request says how far it is. */
  async function lookForRequest() {
    const request = await get(`/v1/requests/${id}`);
    if (!request.ok) return;
    let before;
    follow(
      id,
      () => !state.lot.ok,
      (latest) => {
        state.request = latest;
        if (latest.state === before) return;
        before = latest.state;
        announce(t(`state.${latest.state}`));
        if (latest.state === "final") void load();
        else draw();
      },
    );
  }

  async function lookAtBooks() {
    const books = await get("/v1/audit/conservation");
    Object.assign(state, { looked: true, books: books.ok ? books.body : undefined });
    badge.replaceChildren(booksBadge(state.books));
  }

  async function load() {
    const found = await get(`/v1/lots/${id}`);
    state.lot = found;
    draw();
    if (found.ok) {
      history.start();
      void lookAtBooks();
      announce(named(found.body.class));
    } else if (found.why === "missing" && !state.request) await lookForRequest();
    return found.why;
  }

  draw();
  if (id) {
    announce(t("loading"));
    repeat(async () => (["offline", "starting"].includes(await load()) ? TRY_AGAIN_MS : undefined));
  }
  return draw;
}
