/** The history of a lot in both directions, each in pages: lots from top to bottom, and the acts upon each. */
import { get } from "./api.js";
import { h } from "./dom.js";
import { t } from "./language.js";
import { failureNotice, number } from "./parts.js";
import { lotRows } from "./timeline.js";

const directions = ["upstream", "downstream"];
const PAGE = 100;

const empty = () => ({ nodes: [], edges: [], next: undefined, failure: undefined, busy: false, begun: false });

/**
 * @param id the lot
 * @param loaded called when more of the history has come
 * @returns the section; `draw` draws it again, `start` fetches the first page, `acts` are those upon the lot itself
 */
export function ways(id, loaded) {
  const histories = { upstream: empty(), downstream: empty() };
  const element = h("section", { class: "sheet stack ways", "aria-labelledby": "ways" });
  const asked = new URLSearchParams(location.search).get("direction");
  let direction = directions.includes(asked) ? asked : "upstream";

  async function more(which) {
    const history = histories[which];
    if (history.busy) return;
    Object.assign(history, { busy: true, begun: true, failure: undefined });
    draw();
    const after = history.next ? `&after=${encodeURIComponent(history.next)}` : "";
    const page = await get(`/v1/lots/${id}/provenance?direction=${which}&limit=${PAGE}${after}`);
    history.busy = false;
    if (page.ok) {
      history.nodes.push(...page.body.nodes);
      history.edges.push(...page.body.edges);
      history.next = page.body.next;
    } else history.failure = page;
    draw();
    loaded();
  }

  function choose(which) {
    direction = which;
    window.history.replaceState(null, "", which === "upstream" ? location.pathname : `?direction=${which}`);
    if (histories[which].begun) draw();
    else void more(which);
  }

  /** Arrow keys move between tabs, as the pattern for tabs asks. */
  function pressed(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    choose(directions.find((each) => each !== direction));
  }

  const tab = (which) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${which}`,
        "aria-selected": String(which === direction),
        "aria-controls": "way",
        tabindex: which === direction ? 0 : -1,
        click: () => choose(which),
        keydown: pressed,
      },
      t(`way.${which}`),
    );

  const moreButton = (busy) =>
    h(
      "button",
      {
        class: "button plain",
        type: "button",
        id: "more",
        "aria-disabled": String(busy),
        click: () => void more(direction),
      },
      t(busy ? "loading" : "way.more"),
    );

  function panel() {
    const { nodes, edges, next, failure, busy } = histories[direction];
    const nothing = nodes.length === 1 && edges.length === 0 && !next;
    return [
      lotRows({ id, direction, nodes, edges }),
      nothing && h("p", { class: "quiet end" }, t(direction === "upstream" ? "way.nothingUp" : "way.nothingDown")),
      busy && !next && h("p", { class: "quiet" }, t("loading")),
      failure && failureNotice(failure, () => void more(direction)),
      next && !failure && moreButton(busy),
      nodes.length > 1 && h("p", { class: "small quiet", role: "status" }, t("way.shown", { n: number(nodes.length) })),
    ].filter((child) => child);
  }

  /** Whoever had the focus in here keeps it; when what had it is gone, the history has it. */
  function draw() {
    const held = element.contains(document.activeElement) && document.activeElement.id;
    drawAll();
    if (held === false) return;
    const heir = element.querySelector(held.startsWith("tab-") ? "[aria-selected=true]" : `#${held || "way"}`);
    (heir ?? element.querySelector("#way")).focus({ preventScroll: true });
  }

  function drawAll() {
    const busy = histories[direction].busy;
    element.replaceChildren(
      h("h2", { id: "ways", class: "unseen" }, t("way.lots")),
      h("div", { class: "tabs", role: "tablist", "aria-label": t("way.tabs") }, directions.map(tab)),
      h(
        "div",
        { id: "way", role: "tabpanel", tabindex: -1, "aria-labelledby": `tab-${direction}`, "aria-busy": String(busy) },
        panel(),
      ),
    );
  }

  return {
    element,
    draw,
    start: () => !histories[direction].begun && void more(direction),
    acts: () => directions.flatMap((each) => histories[each].nodes.find((node) => node.id === id)?.acts ?? []),
  };
}
