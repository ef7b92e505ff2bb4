/** The public view as a picture: from the collectors through the facilities, with masses; in words for who cannot see it. */
import { h, svg } from "./dom.js";
import { roughMass } from "./format.js";
import { layOutFlows } from "./flows.js";
import { t, tag } from "./language.js";
import { accountMark } from "./marks.js";
import { number } from "./parts.js";

const WIDE = 640;
/** Between two layers with less than this a label leaves its mark out and wraps. */
const TIGHT = 150;
const BARS = 300;

const day = (seconds, tag) =>
  new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(seconds * 1000));

/** Days of a span, or the one day it is. */
export const span = (first, last, tag) =>
  first === last ? day(first, tag) : t("flow.span", { first: day(first, tag), last: day(last, tag) });

/** Three people, for those who are a count. */
const people = () =>
  svg(
    "svg",
    { class: "mark people", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32 }),
    [
      [16, 11, 4],
      [7, 14, 3],
      [25, 14, 3],
    ].map(([x, y, r]) => [
      svg("circle", { cx: x, cy: y, r }),
      svg("path", { d: `M${x - r - 2} ${y + r * 4}c0-${r * 3.4} ${2 * r + 4}-${r * 3.4} ${2 * r + 4} 0z` }),
    ]),
  );

/** What a node is called. */
function nameOf({ id, count }, view) {
  if (id === "collectors") return t("flow.collectors", { n: number(view.totals.collectors) });
  if (id === "persons") return t("flow.persons", { n: number(view.totals.persons) });
  if (id.startsWith("others/")) return t("flow.others", { n: number(count) });
  const kinds = view.facilities.find((facility) => facility.id === id)?.kinds ?? [];
  const kind = ["vessel", "facility", "organisation"].find((each) => kinds.includes(each)) ?? "facility";
  return `${t(`kind.${kind}`)} ${id.slice(2, 6)}`;
}

/** Several places that are drawn as one. */
const several = () =>
  svg(
    "svg",
    { class: "mark several", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32 }),
    [9, 16, 23].map((cx) => svg("circle", { cx, cy: 16, r: 2.5 })),
  );

function markOf({ id }) {
  if (id.startsWith("0x")) return accountMark(id);
  return id.startsWith("others/") ? several() : people();
}

function roughText(grams) {
  const [figure, unit] = roughMass(Math.round(grams), tag());
  return `${figure} ${t(`unit.${unit}`)}`;
}

function massLabel(grams) {
  const [figure, unit] = roughMass(Math.round(grams), tag());
  return h("span", { class: "mass" }, h("b", {}, figure), ` ${t(`unit.${unit}`)}`);
}

/** A word beside each bar: an HTML element over the drawing, so that it wraps and is read like any text. */
function label(node, view, here, room) {
  const own = node.id === here;
  return h(
    "div",
    { class: own ? "flow-label here" : "flow-label", title: node.id.startsWith("0x") ? node.id : undefined },
    markOf(node),
    h("span", { class: "flow-name" }, nameOf(node, view), own && h("em", {}, t("flow.here"))),
    massLabel(node.grams),
    room,
  );
}

/** Places an element without a style attribute, which the page's policy forbids; the object model is allowed. */
function place(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

function wide(layout, view, here, width) {
  const byId = new Map(layout.layers.flat().map((node) => [node.id, node]));
  const drawing = svg(
    "svg",
    { class: "flow-drawing", width, height: layout.height, "aria-hidden": "true" },
    layout.ribbons.map(({ d, width: thick, from, to, grams, acts }) =>
      svg(
        "path",
        { d, "stroke-width": thick, class: from === "collectors" ? "ribbon first" : "ribbon" },
        svg(
          "title",
          {},
          `${nameOf(byId.get(from), view)} → ${nameOf(byId.get(to), view)}: ${roughText(grams)}, ${t("flow.acts", { n: number(acts) })}`,
        ),
      ),
    ),
    layout.layers.flat().map(({ id, x, y, height }) =>
      svg("rect", {
        x,
        y,
        width: 12,
        height,
        rx: 4,
        class: id === "collectors" || id === "persons" ? "bar people" : id === here ? "bar here" : "bar",
      }),
    ),
  );
  const step = width / layout.layers.length;
  const tight = step < TIGHT;
  const labels = layout.layers.flat().map((node) =>
    place(label(node, view, here), {
      left: `${node.x + (tight ? 14 : 18)}px`,
      top: `${node.y + node.height / 2}px`,
      "max-width": `${step - (tight ? 16 : 26)}px`,
    }),
  );
  const picture = h("div", { class: tight ? "flow-wide tight" : "flow-wide" }, drawing, labels);
  return place(picture, { height: `${layout.height}px` });
}

/** On a phone the layers stand below one another, a bar behind each node for its share. */
function narrow(layout, view, here) {
  const most = Math.max(...layout.layers.flat().map(({ grams }) => grams));
  return h(
    "ol",
    { class: "flow-narrow" },
    layout.layers.map((nodes) =>
      h(
        "li",
        {},
        nodes.map((node) => {
          const share = place(h("span", { class: "share" }), { width: `${Math.max(2, (100 * node.grams) / most)}%` });
          return label(node, view, here, share);
        }),
      ),
    ),
  );
}

/**
 * @param view the public view as the API gives it
 * @param here the facility that holds the lot
 * @returns an element that lays itself out again when its width changes
 */
export function picture(view, here) {
  const flows = view.flows.map(({ from, to, massGrams, acts }) => ({ from, to, acts, grams: Number(massGrams) }));
  const frame = h("div", { class: "flow" });
  let drawn;
  const draw = () => {
    const width = Math.floor(frame.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    const roomy = width >= WIDE;
    const keep = ["collectors", "persons", here];
    const layout = layOutFlows(flows, { width, height: BARS, most: roomy ? 7 : 5, keep });
    frame.replaceChildren(roomy ? wide(layout, view, here, width) : narrow(layout, view, here));
    if (layout.back.length > 0)
      frame.append(h("p", { class: "small quiet" }, t("flow.back", { n: number(layout.back.length) })));
  };
  new ResizeObserver(draw).observe(frame);
  return frame;
}
