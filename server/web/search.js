/** The search box: finds the lot, or the act that was handed in, that an id stands for. */
import { get } from "./api.js";
import { announce, glyph, h } from "./dom.js";
import { idIn } from "./format.js";
import { t } from "./language.js";
import { failureNotice } from "./parts.js";
import { follow, requestCard } from "./request.js";

/** Looks in both places at once: a lot has a page of its own, for anything else there is the request's card. */
async function find(id) {
  const [lot, request] = await Promise.all([get(`/v1/lots/${id}`), get(`/v1/requests/${id}`)]);
  if (lot.ok) return { lot: id };
  if (request.ok) return { request: request.body };
  return { failure: lot.why === "missing" ? request : lot };
}

/**
 * @param start what to look for at once (the page's `?id=`), if anything
 * @returns the section, and a function that draws it again in the language of the moment
 */
export function search(start) {
  const input = h("input", {
    id: "query",
    name: "id",
    type: "search",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: "0x…",
    "aria-describedby": "query-hint",
  });
  const found = h("div", { class: "found" });
  const element = h("section", { class: "search", "aria-labelledby": "query-label" });
  let answer;
  let turn = 0;

  function drawAnswer() {
    if (!answer) found.replaceChildren();
    else if (answer.request) {
      announce(t(`state.${answer.request.state}`));
      found.replaceChildren(requestCard(answer.request));
    } else found.replaceChildren(failureNotice(answer.failure));
  }

  async function look() {
    const mine = ++turn;
    const wanted = () => mine === turn;
    const id = idIn(input.value);
    found.setAttribute("aria-busy", "true");
    const next = id ? await find(id) : { failure: { why: "id" } };
    if (!wanted()) return;
    found.removeAttribute("aria-busy");
    if (next.lot) return location.assign(`/lots/${next.lot}`);
    answer = next;
    drawAnswer();
    if (!next.request) return;
    follow(id, wanted, (request) => {
      answer = { request };
      drawAnswer();
    });
  }

  function submitted(event) {
    event.preventDefault();
    const id = idIn(input.value);
    // so that the answer has an address of its own
    if (id) history.replaceState(null, "", `/?id=${id}`);
    void look();
  }

  function draw() {
    element.replaceChildren(
      h(
        "form",
        { role: "search", action: "/", submit: submitted },
        h("label", { for: "query", id: "query-label" }, t("search.label")),
        h(
          "div",
          { class: "field" },
          input,
          h("button", { class: "button", type: "submit" }, glyph("search"), t("search.go")),
        ),
        h("p", { id: "query-hint", class: "small" }, t("search.hint")),
      ),
      found,
    );
    drawAnswer();
  }

  draw();
  if (start) {
    input.value = start;
    void look();
  }
  return { element, draw };
}
