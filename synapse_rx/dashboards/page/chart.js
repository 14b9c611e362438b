// A chart of curves over epochs on a canvas: zoomed by dragging, read by pointer or keyboard.

import { element, short, words } from "./format.js";

const PAD = { left: 52, right: 24, top: 10, bottom: 24 };

export class Chart {
  constructor(name, { onZoom, onRead }) {
    this.name = name;
    this.lines = [];
    this.marks = [];
    this.view = null;
    this.log = false;
    this.cursor = null;
    this.drag = null;
    this.onZoom = onZoom;
    this.onRead = onRead;
    this.canvas = element("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.read = element("p", { className: "read" });
    this.figure = element("figure", {}, element("figcaption", { textContent: words(name) }), this.canvas, this.read);
    this.#listen();
  }

  set(lines, marks) {
    this.lines = lines;
    this.marks = marks;
  }

  draw() {
    const { width, height, pen } = this.#pen();
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const x = this.#xRange();
    const y = this.#yRange(x);
    this.x = x;
    pen.clearRect(0, 0, width, height);
    pen.font = "11px system-ui, sans-serif";
    const right = width - PAD.right;
    const bottom = height - PAD.bottom;
    const toX = (value) => PAD.left + ((value - x.low) / (x.high - x.low || 1)) * (right - PAD.left);
    const place = (value) => (y.log ? Math.log10(value) : value);
    const toY = (value) => bottom - ((place(value) - y.low) / (y.high - y.low || 1)) * (bottom - PAD.top);

    pen.strokeStyle = color("line");
    pen.fillStyle = color("soft");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of y.log ? decades(y) : ticks(y.low, y.high, 4)) {
      const at = Math.round(toY(tick)) + 0.5;
      stroke(pen, [[PAD.left, at], [right, at]]);
      pen.fillText(short(tick), PAD.left - 6, at);
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    for (const tick of ticks(x.low, x.high, 5)) {
      if (Number.isInteger(tick)) pen.fillText(tick.toLocaleString("en"), toX(tick), bottom + 7);
    }
    pen.save();
    pen.beginPath();
    pen.rect(PAD.left, 0, right - PAD.left, bottom + 1);
    pen.clip();
    pen.setLineDash([2, 3]);
    pen.strokeStyle = color("soft");
    for (const mark of this.marks) {
      const at = Math.round(toX(mark + 0.5)) + 0.5;
      if (mark >= x.low - 1 && mark <= x.high) stroke(pen, [[at, PAD.top], [at, bottom]]);
    }
    for (const line of this.lines) {
      pen.setLineDash(line.validation ? [5, 3] : []);
      pen.strokeStyle = color(line.color);
      pen.lineWidth = 1.6;
      curve(pen, line, toX, toY, y.log);
    }
    pen.restore();
    if (this.cursor !== null) {
      pen.strokeStyle = color("ink");
      stroke(pen, [[toX(this.cursor), PAD.top], [toX(this.cursor), bottom]]);
    }
    if (this.drag) {
      pen.fillStyle = color("accent");
      pen.globalAlpha = 0.18;
      pen.fillRect(Math.min(this.drag.from, this.drag.to), PAD.top, Math.abs(this.drag.to - this.drag.from), bottom - PAD.top);
      pen.globalAlpha = 1;
    }
    this.#tell();
  }

  #pen() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { width, height, pen };
  }

  #xRange() {
    if (this.view) return { low: this.view.first, high: this.view.last };
    let high = 1;
    for (const { x } of this.lines) if (x.length) high = Math.max(high, x[x.length - 1]);
    return { low: 1, high: Math.max(high, 2) };
  }

  #yRange(x) {
    let low = Infinity;
    let high = -Infinity;
    let positive = Infinity;
    for (const line of this.lines) {
      for (let i = 0; i < line.x.length; i++) {
        const value = line.y[i];
        if (line.x[i] < x.low || line.x[i] > x.high || !Number.isFinite(value)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
        if (value > 0) positive = Math.min(positive, value);
      }
    }
    if (low > high) return { low: 0, high: 1, log: false };
    if (this.log && Number.isFinite(positive)) {
      const from = Math.log10(positive);
      const to = Math.log10(high);
      return to - from < 0.1 ? { low: from - 0.3, high: to + 0.3, log: true } : { low: from, high: to, log: true };
    }
    const margin = (high - low) * 0.05 || Math.abs(high) * 0.1 || 1;
    return { low: low >= 0 ? Math.max(0, low - margin) : low - margin, high: high + margin, log: false };
  }

  // In words, what the lines show: at the cursor, or newest.
  #tell() {
    const parts = [];
    const keys = [];
    for (const line of this.lines) {
      const i = this.cursor === null ? line.x.length - 1 : nearest(line.x, this.cursor);
      if (i < 0) continue;
      parts.push(`${line.label} ${short(line.y[i])} at epoch ${line.x[i].toLocaleString("en")}`);
      keys.push([line, `${line.label} ${short(line.y[i])}`]);
    }
    const text = parts.join("; ");
    if (text === this.told) return;
    this.told = text;
    this.canvas.setAttribute("aria-label", `${words(this.name)} by epoch: ${text || "nothing yet"}`);
    this.read.replaceChildren(...keys.flatMap(([line, shown]) => {
      const key = element("span", { className: `key${line.validation ? " validation" : ""}` });
      key.style.borderColor = `var(--${line.color})`;
      return [element("span", { className: "entry" }, key, shown), " "];
    }));
    if (this.cursor !== null) this.read.append(` (epoch ${Math.round(this.cursor).toLocaleString("en")})`);
  }

  #epoch(at) {
    const share = (at - PAD.left) / (this.canvas.clientWidth - PAD.left - PAD.right);
    return this.x.low + Math.min(1, Math.max(0, share)) * (this.x.high - this.x.low);
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      this.drag = { from: event.offsetX, to: event.offsetX };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.drag) this.drag.to = event.offsetX;
      this.#point(this.#epoch(event.offsetX));
    });
    canvas.addEventListener("pointerup", () => {
      const drag = this.drag;
      this.drag = null;
      if (drag && Math.abs(drag.to - drag.from) > 8) {
        const [first, last] = [this.#epoch(drag.from), this.#epoch(drag.to)].sort((a, b) => a - b);
        this.#zoom(first, last);
      }
    });
    canvas.addEventListener("pointerleave", () => this.#point(null));
    canvas.addEventListener("blur", () => this.#point(null));
    canvas.addEventListener("dblclick", () => this.onZoom(null));
    canvas.addEventListener("keydown", (event) => {
      const { low, high } = this.x;
      const step = Math.max(1, (high - low) / 50);
      const at = this.cursor ?? high;
      const keys = {
        ArrowLeft: () => this.#point(Math.max(low, at - step)),
        ArrowRight: () => this.#point(Math.min(high, at + step)),
        "+": () => this.#zoom(at - (at - low) / 2, at + (high - at) / 2),
        "-": () => this.#zoom(Math.max(1, at - (at - low) * 2), at + (high - at) * 2),
        0: () => this.onZoom(null),
        Escape: () => this.onZoom(null),
      };
      if (keys[event.key]) {
        keys[event.key]();
        event.preventDefault();
      }
    });
  }

  #point(epoch) {
    this.cursor = epoch;
    this.onRead();
  }

  #zoom(first, last) {
    if (last - first >= 1) this.onZoom({ first: Math.max(1, Math.floor(first)), last: Math.ceil(last) });
  }
}

function curve(pen, line, toX, toY, log) {
  pen.beginPath();
  let drawing = false;
  let single = null;
  for (let i = 0; i < line.x.length; i++) {
    const value = line.y[i];
    if (!Number.isFinite(value) || (log && value <= 0)) {
      drawing = false;
      continue;
    }
    const [a, b] = [toX(line.x[i]), toY(value)];
    if (drawing) pen.lineTo(a, b);
    else pen.moveTo(a, b);
    single = drawing ? null : [a, b];
    drawing = true;
  }
  pen.stroke();
  if (single) {
    pen.fillStyle = pen.strokeStyle;
    pen.fillRect(single[0] - 2, single[1] - 2, 4, 4);
  }
}

function stroke(pen, [[a, b], [c, d]]) {
  pen.beginPath();
  pen.moveTo(a, b);
  pen.lineTo(c, d);
  pen.stroke();
}

export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

function decades({ low, high }) {
  const found = [];
  const every = Math.max(1, Math.ceil((high - low) / 5));
  for (let at = Math.ceil(low); at <= high; at += every) found.push(10 ** at);
  return found.length > 1 ? found : [10 ** low, 10 ** ((low + high) / 2), 10 ** high];
}

function nearest(x, at) {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - x[low - 1] < x[low] - at ? low - 1 : low;
}
