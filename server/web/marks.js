/** Small pictures drawn from an id, always the same for the same id: to recognise, not to verify. */
import { svg } from "./dom.js";

const bytesOf = (hex) => (hex.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16));

const hsl = (hue, saturation, lightness) => `hsl(${hue} ${saturation}% ${lightness}%)`;

/** A wave from left to right at a height, filled down to the bottom. */
function wave(level, swell, shift) {
  const start = -16 + shift;
  const crest = `c4 ${-swell} 8 ${-swell} 12 0s8 ${swell} 12 0`;
  return `M${start} ${level}${crest.repeat(3)}V32H${start}z`;
}

/** The mark of an account: a porthole with its own sky, sun and two waves. */
export function accountMark(account) {
  const b = bytesOf(account);
  const hue = Math.round(((b[0] * 256 + b[1]) * 360) / 65_536);
  const other = (hue + 40 + (b[2] % 5) * 50) % 360;
  return svg(
    "svg",
    { class: "mark mark-account", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, fill: hsl(hue, 45, 82) }),
    svg("circle", { cx: 6 + (b[3] % 21), cy: 6 + (b[4] % 7), r: 2.5 + (b[5] % 4), fill: hsl(other, 70, 55) }),
    svg("path", { d: wave(14 + (b[6] % 5), 2 + (b[7] % 4), -(b[8] % 24)), fill: hsl(hue, 45, 52) }),
    svg("path", {
      d: wave(21 + (b[9] % 5), 2 + (b[10] % 4), -(b[11] % 24)),
      fill: hsl(b[12] & 1 ? hue : other, 55, 30),
    }),
  );
}

/** The mark of a lot: a crate of five by five, mirrored, in one colour. */
export function lotMark(lot) {
  const b = bytesOf(lot);
  const hue = Math.round(((b[30] * 256 + b[31]) * 360) / 65_536);
  const cells = [];
  for (let i = 0; i < 15; i++) {
    if (b[i] & 1) continue;
    const [column, row] = [i % 3, Math.floor(i / 3)];
    for (const x of column === 2 ? [2] : [column, 4 - column]) {
      cells.push(
        svg("rect", { x: 3.5 + 5 * x, y: 3.5 + 5 * row, width: 5, height: 5, fill: hsl(hue, 50, b[i] & 2 ? 34 : 46) }),
      );
    }
  }
  return svg(
    "svg",
    { class: "mark mark-lot", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, fill: hsl(hue, 38, 88) }),
    cells,
  );
}

/** The mark of Tidemark itself: /web/mark.svg. */
export const tidemark = () => {
  const image = document.createElement("img");
  Object.assign(image, { src: "/web/mark.svg", alt: "", width: 36, height: 36 });
  return image;
};
