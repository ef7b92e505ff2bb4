/** Lots as stations from top to bottom, with the acts upon each as hops from one hand to the next. */
import { glyph, h, svg } from "./dom.js";
import { t } from "./language.js";
import { accountMark, lotMark } from "./marks.js";
import { account, fact, idText, massText, named, number, when, wordFor } from "./parts.js";
import { shortHex } from "./format.js";
import { drawRow, layOut, width } from "./rails.js";

const arrow = () =>
  svg(
    "svg",
    { class: "arrow", viewBox: "0 0 48 16", "aria-hidden": "true" },
    svg("path", { d: "M2 8c4-5 8-5 12 0s8 5 12 0 8-5 12 0h6M40 4l5 4-5 4" }),
  );

/** @param id null for a person who is not shown to the reader */
function party(id, role) {
  const who = id === null ? h("span", { class: "quiet" }, t("party.person")) : account(id, role);
  return h("div", { class: "party" }, who, h("span", { class: "small quiet" }, role));
}

const role = (side, kind) => t(kind === "collect" ? `act.${side}.collect` : `act.${side}`);

/** Who handed it to whom; an act with one hand in it (a split, a transform) has one. */
function hands({ kind, giver, receiver }) {
  if (giver === receiver && giver !== null) return h("div", { class: "hands" }, party(giver, t("act.operator")));
  return h(
    "div",
    { class: "hands" },
    party(giver, role("giver", kind)),
    h("span", { class: "to" }, arrow(), h("span", { class: "unseen" }, t("act.to"))),
    party(receiver, role("receiver", kind)),
  );
}

/** One act in one line: enough to follow a lot through many hands. */
function hopLine({ kind, giver, receiver, massGrams }) {
  const hand = (id) => (id === null ? t("party.person") : h("span", { class: "hex" }, accountMark(id), shortHex(id)));
  return h(
    "summary",
    { class: "hop" },
    h("b", {}, wordFor("act", kind)),
    h("span", { class: "hop-hands" }, hand(giver), (giver !== receiver || giver === null) && ["→", hand(receiver)]),
    massText(massGrams),
  );
}

function actFacts({ capturedAt, recordedAt, block, reasons, digest, tx, evidence, anchor, lossGrams, code }) {
  const hash = (name, value) => fact(t(name), idText(value, t(name), { whole: true }));
  return [
    h(
      "dl",
      { class: "facts two small" },
      code && fact(t("act.code"), named(code)),
      lossGrams > 0 && fact(t("act.loss"), massText(lossGrams)),
      fact(t("act.captured"), timeText(capturedAt)),
      fact(t("act.recorded"), timeText(recordedAt, t("act.inBlock", { when: when(recordedAt), block: number(block) }))),
    ),
    reasons.length > 0 &&
      h(
        "ul",
        { class: "chips" },
        reasons.map((reason) => h("li", { class: "chip warn" }, glyph("alert"), wordFor("reason", reason))),
      ),
    h(
      "details",
      { class: "proof" },
      h("summary", {}, t("act.proof")),
      h(
        "dl",
        { class: "facts small" },
        hash("act.digest", digest),
        hash("act.tx", tx),
        hash("act.evidence", evidence),
        hash("act.anchor", anchor),
      ),
    ),
  ];
}

/** @param near whether it is an act upon the lot that the page is about: those are shown in full */
function actItem(act, near) {
  const head = h("div", { class: "act-head" }, h("h3", {}, wordFor("act", act.kind)), massText(act.massGrams));
  if (near) return h("li", { class: "act" }, head, hands(act), actFacts(act));
  return h(
    "li",
    { class: "act" },
    h("details", {}, hopLine(act), h("div", { class: "stack" }, hands(act), actFacts(act))),
  );
}

const timeText = (seconds, text = when(seconds)) =>
  h("time", { datetime: new Date(seconds * 1000).toISOString() }, text);

const lotLink = (id) => h("a", { href: `/lots/${id}` }, h("code", { class: "hex" }, shortHex(id)));

/** Fills `{lot}` in a phrase with a link, which `t` cannot. */
function phrase(key, node) {
  const [before, after] = t(key, { lot: "\n" }).split("\n");
  return [before, node, after];
}

function lotRow({ node, own, rail, links, direction }) {
  const acts = direction === "upstream" ? node.acts.toReversed() : node.acts;
  const key = direction === "upstream" ? "way.madeFrom" : "way.wentInto";
  return h(
    "li",
    { class: own ? "row own" : "row" },
    rail,
    h(
      "article",
      { class: "card" },
      h(
        "div",
        { class: "card-head" },
        lotMark(node.id),
        h(
          "div",
          { class: "card-name" },
          h("b", {}, named(node.class)),
          h("span", { class: "small" }, own ? t("way.this") : lotLink(node.id)),
        ),
        massText(node.massGrams),
      ),
      acts.length > 0
        ? h(
            "ol",
            { class: "acts" },
            acts.map((act) => actItem(act, own)),
          )
        : h("p", { class: "small quiet" }, t("way.noActs")),
      links.length > 0 &&
        h(
          "ul",
          { class: "links small" },
          links.map(({ id, massGrams }) => h("li", {}, massText(massGrams), " ", phrase(key, lotLink(id)))),
        ),
    ),
  );
}

/**
 * @param history lots in the server's order (upstream: newest first), and the edges that lead on from them
 * @returns an ordered list
 */
export function lotRows({ id, direction, nodes, edges }) {
  const [from, to] = direction === "upstream" ? ["child", "parent"] : ["parent", "child"];
  const links = new Map();
  for (const edge of edges) {
    const known = links.get(edge[from]) ?? [];
    links.set(edge[from], [...known, { id: edge[to], massGrams: edge.massGrams }]);
  }
  const below = (lot) => links.get(lot) ?? [];
  const rows = layOut(
    nodes.map((node) => node.id),
    (lot) => below(lot).map((link) => link.id),
  );
  const lanes = width(rows);
  return h(
    "ol",
    { class: "rows" },
    nodes.map((node, i) =>
      lotRow({
        node,
        own: node.id === id,
        rail: nodes.length > 1 && drawRow(rows[i], lanes),
        links: below(node.id),
        direction,
      }),
    ),
  );
}
