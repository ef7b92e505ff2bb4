/** Lines between lots beside their history, as in a railway diagram: each lot has a lane, each edge runs down in one. */
import { svg } from "./dom.js";

/** More lanes than this are not drawn: the words in each card name every edge anyway. */
const MOST = 5;
const STEP = 14;
const STATION = 30;

/**
 * Lays lots out from top to bottom.
 * @param ids lots in the order they stand on the page
 * @param below for a lot, the lots that its lines lead down to
 * @returns for each lot its `lane`, lanes that `end` at it, that go `past` it and that `begin` at it
 */
export function layOut(ids, below) {
  const lanes = Array.from({ length: MOST }, () => undefined);
  const placed = new Set();
  return ids.map((id) => {
    const taken = (lane) => lanes[lane] !== undefined;
    const numbers = [...lanes.keys()];
    const end = numbers.filter((lane) => lanes[lane] === id);
    for (const lane of end) lanes[lane] = undefined;
    const past = numbers.filter(taken);
    const lane = end[0] ?? numbers.find((each) => !taken(each)) ?? MOST - 1;
    placed.add(id);
    const begin = [];
    for (const target of below(id)) {
      if (placed.has(target)) continue;
      const at = lanes.includes(target) ? lanes.indexOf(target) : taken(lane) ? lanes.indexOf(undefined) : lane;
      if (at < 0) continue;
      lanes[at] = target;
      begin.push(at);
    }
    return { lane, end, past, begin };
  });
}

const x = (lane) => 9 + STEP * lane;

/** From the station sideways into another lane, or from there into the station. */
const bend = (fromX, fromY, toX, toY) =>
  `M${fromX} ${fromY}C${fromX} ${(fromY + toY) / 2} ${toX} ${(fromY + toY) / 2} ${toX} ${toY}`;

/** The drawing beside one lot; it stretches to the height of the lot's card. */
export function drawRow({ lane, end, past, begin }, width) {
  const line = (at, from, to) => svg("line", { x1: x(at), x2: x(at), y1: from, y2: to });
  const curve = (d) => svg("path", { d });
  return svg(
    "svg",
    { class: "rail", width: x(width - 1) + 9, "aria-hidden": "true" },
    past.map((at) => line(at, 0, "100%")),
    end.map((at) => curve(bend(x(at), 0, x(lane), STATION))),
    begin.map((at) => [curve(bend(x(lane), STATION, x(at), 2 * STATION)), line(at, 2 * STATION, "100%")]),
    svg("circle", { cx: x(lane), cy: STATION, r: 5 }),
  );
}

/** How many lanes a layout needs. */
export const width = (rows) => 1 + Math.max(0, ...rows.flatMap(({ lane, past, begin }) => [lane, ...past, ...begin]));
