// Boxes and arrows as SVG: each box below all it depends on, branches side by side.

import { grouped } from "./format.js";

const BOX = { width: 178, height: 44 };
const GAP = { x: 18, y: 34 };
const MARGIN = 8;
const LETTERS = 25;
const NAMES = "http://www.w3.org/2000/svg";

// Where everything goes: boxes with the place of their upper middle, and the size of it all.
export function layout({ boxes, arrows }) {
  const rank = boxes.map(() => 0);
  for (const [from, to] of [...arrows].sort((a, b) => a[1] - b[1])) rank[to] = Math.max(rank[to], rank[from] + 1);
  const rows = [];
  boxes.forEach((_, i) => (rows[rank[i]] ??= []).push(i));
  const x = boxes.map(() => 0);
  for (const row of rows) {
    const wished = row.map((i) => mean(arrows.filter(([, to]) => to === i).map(([from]) => x[from])));
    const order = row.map((i, k) => [wished[k], k, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const middle = mean(wished);
    order.forEach(([, , i], k) => (x[i] = middle + (k - (row.length - 1) / 2) * (BOX.width + GAP.x)));
  }
  const passing = arrows.filter(([from, to]) => rank[to] > rank[from] + 1).length ? 46 : 0;
  const left = Math.min(...x) - BOX.width / 2 - MARGIN;
  const places = x.map((at, i) => ({ x: at - left, y: MARGIN + rank[i] * (BOX.height + GAP.y) }));
  const width = Math.max(...x) - left + BOX.width / 2 + MARGIN + passing;
  return { places, rank, width, height: rows.length * (BOX.height + GAP.y) - GAP.y + 2 * MARGIN };
}

// The picture. Frozen layers have a broken outline.
export function drawing({ boxes, arrows }, frozen) {
  const { places, rank, width, height } = layout({ boxes, arrows });
  const svg = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.setAttribute("aria-label", inWords(boxes));
  for (const [from, to, shape] of arrows) svg.append(...arrow(places[from], places[to], rank[to] - rank[from], shape));
  boxes.forEach((box, i) => svg.append(...boxed(box, places[i], frozen.has(box.path))));
  return svg;
}

function inWords(boxes) {
  return boxes.map(({ label, parameters }) => (parameters ? `${label} with ${grouped(parameters)} parameters` : label)).join(", then ");
}

function boxed({ label, path, parameters }, { x, y }, isFrozen) {
  const outline = svgElement("rect", {
    x: x - BOX.width / 2, y, width: BOX.width, height: BOX.height, rx: 8, class: path === null ? "end" : isFrozen ? "box frozen" : "box",
  });
  const name = svgElement("text", { x, y: y + (parameters || isFrozen ? 19 : 27) });
  name.textContent = label.length > LETTERS ? `${label.slice(0, LETTERS - 1)}…` : label;
  const title = svgElement("title", {});
  title.textContent = label;
  name.append(title);
  if (!parameters && !isFrozen) return [outline, name];
  const count = svgElement("text", { x, y: y + 35, class: "small" });
  count.textContent = `${grouped(parameters)} parameters${isFrozen ? ", frozen" : ""}`;
  return [outline, name, count];
}

// Straight to the next rank; around what lies between to later ones.
function arrow(from, to, ranks, shape) {
  const [start, end] = [from.y + BOX.height, to.y];
  if (ranks > 1 && from.x === to.x) {
    const side = from.x + BOX.width / 2;
    const [top, bottom] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
    const line = svgElement("path", { class: "arrow", d: `M ${side} ${top} C ${side + 40} ${top + 14}, ${side + 40} ${bottom - 14}, ${side + 6} ${bottom}` });
    return [line, svgElement("path", { class: "head", d: `M ${side + 1} ${bottom} l 7 -4 l 0 8 z` })];
  }
  const bend = (end - start) / 2;
  const line = svgElement("path", { class: "arrow", d: `M ${from.x} ${start} C ${from.x} ${start + bend}, ${to.x} ${end - bend}, ${to.x} ${end - 6}` });
  const head = svgElement("path", { class: "head", d: `M ${to.x} ${end - 1} l -4 -7 l 8 0 z` });
  const middle = { x: (from.x + to.x) / 2, y: (start + end) / 2 };
  const plate = svgElement("rect", { class: "plate", x: middle.x - shape.length * 3.3 - 4, y: middle.y - 9, width: shape.length * 6.6 + 8, height: 16 });
  const text = svgElement("text", { class: "small", x: middle.x, y: middle.y + 3 });
  text.textContent = shape;
  return [line, head, plate, text];
}

function svgElement(name, attributes) {
  const made = document.createElementNS(NAMES, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function mean(numbers) {
  return numbers.length ? numbers.reduce((sum, number) => sum + number, 0) / numbers.length : 0;
}
