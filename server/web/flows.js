/** Where the nodes and ribbons of a picture of flows stand: numbers only, so that it can be checked without a browser. */

const NODE = 12;
const GAP = 14;
/** two lines of text beside a node */
const LABEL = 36;

const sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0);

/** Whether one can get from one node to another. */
function leadsTo(next, from, to) {
  const met = new Set([from]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    for (const other of next.get(at) ?? []) {
      if (met.has(other)) continue;
      met.add(other);
      open.push(other);
    }
  }
  return false;
}

/** Splits flows into those that lead on, and those that lead back: the largest flows say which way is on. */
function onAndBack(flows) {
  const next = new Map();
  const [on, back] = [[], []];
  for (const flow of flows.toSorted((a, b) => b.grams - a.grams)) {
    if (flow.from === flow.to || leadsTo(next, flow.to, flow.from)) {
      back.push(flow);
      continue;
    }
    next.set(flow.from, [...(next.get(flow.from) ?? []), flow.to]);
    on.push(flow);
  }
  return { on, back };
}

/** How many steps each node is away from where material begins, by the longest way. */
function layersOf(flows) {
  const layers = new Map();
  const before = Map.groupBy(flows, ({ to }) => to);
  const layer = (node) => {
    if (!layers.has(node)) {
      layers.set(node, Math.max(0, ...(before.get(node) ?? []).map(({ from }) => layer(from) + 1)));
    }
    return layers.get(node);
  };
  for (const { from, to } of flows) [from, to].forEach(layer);
  return layers;
}

const through = (flows, node) =>
  Math.max(
    sum(flows.filter(({ to }) => to === node).map(({ grams }) => grams)),
    sum(flows.filter(({ from }) => from === node).map(({ grams }) => grams)),
  );

/** In a layer with many nodes the smallest become one: `others/2`. */
function mergeSmall(flows, layers, keep, most) {
  const groups = new Map();
  for (const [layer, nodes] of Map.groupBy(layers.keys(), (node) => layers.get(node))) {
    if (nodes.length <= most) continue;
    const size = new Map(nodes.map((node) => [node, keep.includes(node) ? Infinity : through(flows, node)]));
    const small = nodes.toSorted((a, b) => size.get(b) - size.get(a)).slice(most - 1);
    for (const node of small) groups.set(node, `others/${layer}`);
  }
  const name = (node) => groups.get(node) ?? node;
  const merged = new Map();
  for (const flow of flows) {
    const [from, to] = [name(flow.from), name(flow.to)];
    const known = merged.get(`${from} ${to}`) ?? { from, to, grams: 0, acts: 0 };
    merged.set(`${from} ${to}`, { from, to, grams: known.grams + flow.grams, acts: known.acts + flow.acts });
  }
  const counts = new Map();
  for (const group of groups.values()) counts.set(group, (counts.get(group) ?? 0) + 1);
  return { flows: [...merged.values()], counts, layerOf: (node) => layers.get(node) ?? Number(node.split("/")[1]) };
}

/**
 * Lays a picture out from left to right, largest nodes on top.
 * @param flows `{ from, to, grams, acts }`, grams as numbers (a picture needs no more)
 * @param most nodes in a layer; the smallest of more become one
 * @param keep nodes that are never put together with others
 * @param height of the highest layer's bars, in pixels
 * @returns `layers` of nodes `{ id, grams, count, x, y, height }` (count: how many were put together), `ribbons`
 *   `{ from, to, grams, acts, width, d }`, the picture's `height`, and `back`: flows against the stream, not drawn
 */
export function layOutFlows(flows, { width, height, most, keep = [] }) {
  const { on, back } = onAndBack(flows);
  const merged = mergeSmall(on, layersOf(on), keep, most);
  const ids = [...new Set(merged.flows.flatMap(({ from, to }) => [from, to]))];
  const byLayer = Map.groupBy(ids, merged.layerOf);
  const count = Math.max(0, ...byLayer.keys()) + 1;
  const sizes = new Map(ids.map((id) => [id, through(merged.flows, id)]));
  const scale = height / Math.max(1, ...[...byLayer.values()].map((nodes) => sum(nodes.map((id) => sizes.get(id)))));
  // labels stand to the right of their nodes, so the last layer needs room of its own
  const step = count > 1 ? (width - NODE) / count : 0;
  const nodes = new Map();
  // those put together stand last, however much they are
  const rank = (id) => (id.startsWith("others/") ? -1 : sizes.get(id));
  const slot = (id) => Math.max(sizes.get(id) * scale, LABEL) + GAP;
  const tallest = Math.max(0, ...[...byLayer.values()].map((each) => sum(each.map(slot))));
  for (let layer = 0; layer < count; layer++) {
    const here = (byLayer.get(layer) ?? []).toSorted((a, b) => rank(b) - rank(a));
    let y = (tallest - sum(here.map(slot))) / 2 + GAP / 2;
    for (const id of here) {
      const tall = Math.max(3, sizes.get(id) * scale);
      const offset = (slot(id) - GAP - tall) / 2;
      const place = { x: layer * step, y: y + offset, height: tall };
      nodes.set(id, { id, layer, grams: sizes.get(id), count: merged.counts.get(id) ?? 1, ...place });
      y += slot(id);
    }
  }
  return {
    layers: Array.from({ length: count }, (_, layer) => [...nodes.values()].filter((node) => node.layer === layer)),
    ribbons: ribbonsOf(merged.flows, nodes, scale),
    height: tallest,
    back,
  };
}

/** Ribbons leave and arrive in the order of the nodes at their other ends, so that few cross. */
function ribbonsOf(flows, nodes, scale) {
  const out = new Map();
  const into = new Map();
  const at = (offsets, node, size) => {
    const before = offsets.get(node.id) ?? 0;
    offsets.set(node.id, before + size);
    return node.y + before + size / 2;
  };
  const ends = flows.map((flow) => ({ ...flow, source: nodes.get(flow.from), target: nodes.get(flow.to) }));
  const leave = new Map();
  for (const flow of ends.toSorted((a, b) => a.target.y - b.target.y)) {
    leave.set(flow, at(out, flow.source, flow.grams * scale));
  }
  return ends
    .toSorted((a, b) => a.source.y - b.source.y)
    .map((flow) => {
      const { source, target, grams } = flow;
      const [x1, y1] = [source.x + NODE, leave.get(flow)];
      const [x2, y2] = [target.x, at(into, target, grams * scale)];
      const middle = (x1 + x2) / 2;
      const d = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
      return { from: flow.from, to: flow.to, grams, acts: flow.acts, width: Math.max(1, grams * scale), d };
    });
}
