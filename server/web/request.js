/** What became of something handed in: a card, and a way to follow it until nothing more can happen to it. */
import { get, repeat } from "./api.js";
import { glyph, h } from "./dom.js";
import { shortHex } from "./format.js";
import { language, t } from "./language.js";
import { fact, idText, number, when, wordFor } from "./parts.js";

const LOOK_AGAIN_MS = 2_000;
const ends = { final: "good", skipped: "bad", rejected: "bad", expired: "bad" };
const signs = { good: "check", bad: "cross", "": "wait" };

/**
 * Hands each answer of GET /v1/requests/{digest} on, until its state can change no more.
 * @param wanted false once nobody wants to know any more
 */
export function follow(digest, wanted, tell) {
  repeat(async () => {
    const answer = await get(`/v1/requests/${digest}`);
    if (!wanted()) return undefined;
    if (answer.ok) tell(answer.body);
    return answer.ok && hasEnded(answer.body) ? undefined : LOOK_AGAIN_MS;
  });
}

/** Whether nothing more can happen to a request. */
export const hasEnded = ({ state }) => state in ends;

const idLink = (digest) => h("a", { class: "hex", href: `/?id=${digest}` }, shortHex(digest));

/** A request in words. A collect that is final has become a lot: its page is one step away. */
export function requestCard(request) {
  const { digest, kind, state, reason, tx, block, attempt, acceptedAt, receipt, overtakenBy } = request;
  const end = ends[state] ?? "";
  return h(
    "article",
    { class: "sheet stack request" },
    h("h2", {}, t("request.title")),
    h("p", {}, h("span", { class: `chip ${end}` }, glyph(signs[end]), wordFor("state", state))),
    h(
      "dl",
      { class: "facts two" },
      fact(t("act.digest"), idText(digest, t("act.digest"))),
      fact(t("request.kind"), wordFor("act", kind)),
      fact(t("request.accepted"), when(Math.floor(acceptedAt / 1000))),
      attempt > 0 && fact(t("request.attempt"), number(attempt)),
      reason !== null &&
        fact(t("request.reason"), reason[language()] + (reason.name === null ? "" : ` (${reason.name})`)),
      overtakenBy !== null && fact(t("request.overtakenBy"), idLink(overtakenBy)),
      block !== null && fact(t("act.block"), number(block)),
      tx !== null && fact(t("act.tx"), idText(tx, t("act.tx"))),
      fact(t("request.receipt"), idText(receipt, t("request.receipt"))),
    ),
    state === "final" && kind === "collect" && h("a", { class: "button", href: `/lots/${digest}` }, t("request.lot")),
  );
}
