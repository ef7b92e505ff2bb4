/** The history of a lot in both directions: a picture for everybody; lots and acts, in pages, for whoever may see them. */
import { get } from "./api.js";
import { h } from "./dom.js";
import { t } from "./language.js";
import { failureNotice, number } from "./parts.js";
import { picture } from "./picture.js";
import { bearer, forget, hasWallet, logIn } from "./session.js";
import { lotRows } from "./timeline.js";
import { details, totals } from "./totals.js";

const directions = ["upstream", "downstream"];
const PAGE = 100;

const empty = () => ({ view: undefined, nodes: [], edges: [], next: undefined, failure: undefined, busy: false });

/**
 * @param id the lot
 * @param holder gives the facility that holds it, once that is known
 * @param loaded called when more of the history has come
 * @returns the section; `draw` draws it again, `start` fetches what everybody may see, `acts` are those upon the lot itself
 */
export function ways(id, holder, loaded) {
  const histories = { upstream: empty(), downstream: empty() };
  const element = h("section", { class: "sheet stack ways", "aria-labelledby": "ways" });
  const asked = new URLSearchParams(location.search).get("direction");
  let direction = directions.includes(asked) ? asked : "upstream";
  let refused = false;

  async function fetchInto(history, query, keep, token) {
    if (history.busy) return;
    Object.assign(history, { busy: true, failure: undefined });
    draw();
    const page = await get(`/v1/lots/${id}/provenance?${query}`, [], token);
    history.busy = false;
    if (page.ok) keep(page.body);
    else history.failure = page;
    if (page.why === "login") forget();
    draw();
    loaded();
  }

  /** The whole graph in figures, for everybody. */
  const overview = (which) =>
    fetchInto(histories[which], `direction=${which}`, (view) => Object.assign(histories[which], { view }));

  /** One more page of lots and acts, for whoever is logged in and a party. */
  function more(which) {
    const history = histories[which];
    const after = history.next ? `&after=${encodeURIComponent(history.next)}` : "";
    const keep = ({ nodes, edges, next }) => {
      history.nodes.push(...nodes);
      history.edges.push(...edges);
      history.next = next;
    };
    return fetchInto(history, `view=full&direction=${which}&limit=${PAGE}${after}`, keep, bearer());
  }

  async function enter() {
    refused = !(await logIn());
    if (refused) draw();
    else await more(direction);
  }

  function choose(which) {
    direction = which;
    window.history.replaceState(null, "", which === "upstream" ? location.pathname : `?direction=${which}`);
    const { view, nodes } = histories[which];
    if (!view) void overview(which);
    else if (bearer() && nodes.length === 0) void more(which);
    else draw();
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

  function insight() {
    return h(
      "div",
      { class: "insight" },
      h("h3", {}, t("insight.title")),
      h("p", { class: "quiet" }, t("insight.lead")),
      hasWallet()
        ? h(
            "button",
            { class: "button plain", type: "button", id: "login", click: () => void enter() },
            t("insight.login"),
          )
        : h("p", { class: "small quiet" }, t("insight.noWallet")),
      refused && h("p", { role: "status" }, t("insight.failed")),
    );
  }

  function lots({ nodes, edges, next, failure, busy }) {
    return [
      lotRows({ id, direction, nodes, edges }),
      next && !failure && moreButton(busy),
      nodes.length > 1 && h("p", { class: "small quiet", role: "status" }, t("way.shown", { n: number(nodes.length) })),
    ];
  }

  function panel() {
    const history = histories[direction];
    const { view, nodes, failure, busy } = history;
    const alone = view?.totals.lots === 1;
    return [
      view && totals(view, direction),
      view && (view.flows.length > 0 ? picture(view, holder()) : h("p", { class: "quiet" }, t("flow.none"))),
      alone && h("p", { class: "quiet end" }, t(direction === "upstream" ? "way.nothingUp" : "way.nothingDown")),
      view && h("p", { class: "small quiet" }, t("flow.whole")),
      view && details(view),
      busy && nodes.length === 0 && h("p", { class: "quiet" }, t("loading")),
      failure && failureNotice(failure, () => void (view ? more(direction) : overview(direction))),
      view && !busy && (nodes.length > 0 ? lots(history) : insight()),
    ]
      .flat(2)
      .filter((child) => child);
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
      h("h2", { id: "ways" }, t("flow.title")),
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
    start: () => !histories[direction].view && void overview(direction),
    acts: () => directions.flatMap((each) => histories[each].nodes.find((node) => node.id === id)?.acts ?? []),
  };
}
