// A chart of curves over epochs on a canvas: zoomed by dragging, read by pointer or keyboard.

import { colors, element, penOf, put, sizeOf } from "./elements.js";
import { grouped, short } from "./format.js";
import { decades, nearest, reach, span, ticks } from "./scales.js";
import { curve, stroke } from "./stroke.js";

const PAD = { left: 56, right: 12, top: 12, bottom: 22 };
const NEAR = 6; // pixels from an event within which it is told
const MOST_TOLD = 8; // lines that are told in words, those of the steered network first

export class Chart {
  constructor(title, { onZoom, onRead, onSay }) {
    Object.assign(this, { title, onZoom, onRead, onSay, lines: [], marks: [], view: null, log: false, cursor: null, drag: null });
    this.canvas = element("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "application"); // arrow keys are for the chart, also with a screen reader
    this.canvas.setAttribute("aria-roledescription", "chart");
    this.read = element("p", { className: "read" });
    this.figure = element("figure", {}, element("figcaption", { textContent: title }), this.canvas, this.read);
    this.#listen();
  }

  // Note how large it is and whether it can be seen: of all charts before any is drawn, or each has to be laid out anew.
  measure() {
    const { top, bottom } = this.canvas.getBoundingClientRect();
    this.seen = bottom > 0 && top < innerHeight;
    this.size = sizeOf(this.canvas);
  }

  // Draw what can be seen; what cannot is told all the same.
  draw() {
    const x = this.view ? { low: this.view.first, high: this.view.last } : span(this.lines);
    this.x = x;
    if (this.seen) this.#draw(x);
    this.#tell();
  }

  #draw(x) {
    const { pen, width, height } = penOf(this.canvas, this.size);
    const color = colors();
    const y = reach(this.lines, x, this.log);
    const [right, bottom] = [width - PAD.right, height - PAD.bottom];
    const place = (value) => (y.log ? Math.log10(value) : value);
    this.toX = (value) => PAD.left + ((value - x.low) / (x.high - x.low || 1)) * (right - PAD.left);
    const toY = (value) => bottom - ((place(value) - y.low) / (y.high - y.low || 1)) * (bottom - PAD.top);

    this.#axes(pen, color, y, toY, right, bottom);
    pen.save();
    pen.beginPath();
    pen.rect(PAD.left, 0, right - PAD.left, bottom + 1);
    pen.clip();
    this.#events(pen, color, bottom);
    for (const line of strongest(this.lines).reverse()) {
      pen.setLineDash(line.part === "validation" ? [5, 3] : []);
      pen.strokeStyle = color(line.color);
      pen.lineWidth = line.strong ? 2.2 : 1.5;
      pen.globalAlpha = line.faint ? 0.25 : 1;
      curve(pen, line, this.toX, toY, y.log, PAD.left, right);
    }
    pen.restore();
    this.#pointer(pen, color, toY, y, bottom);
  }

  #axes(pen, color, y, toY, right, bottom) {
    pen.font = "11px system-ui, sans-serif";
    pen.strokeStyle = color("line");
    pen.fillStyle = color("soft");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of y.log ? decades(y.low, y.high) : ticks(y.low, y.high, 4)) {
      const at = Math.round(toY(tick)) + 0.5;
      stroke(pen, [[PAD.left, at], [right, at]]);
      pen.fillText(short(tick), PAD.left - 7, at);
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    for (const tick of ticks(this.x.low, this.x.high, 5)) {
      if (Number.isInteger(tick)) pen.fillText(grouped(tick), Math.min(this.toX(tick), right - 8), bottom + 7);
    }
  }

  #events(pen, color, bottom) {
    pen.setLineDash([2, 3]);
    pen.strokeStyle = pen.fillStyle = color("soft");
    for (const { epoch } of this.marks) {
      const at = Math.round(this.toX(epoch + 0.5)) + 0.5;
      if (epoch < this.x.low - 1 || epoch > this.x.high) continue;
      stroke(pen, [[at, PAD.top], [at, bottom]]);
      pen.beginPath();
      pen.moveTo(at - 4, 3);
      pen.lineTo(at + 4, 3);
      pen.lineTo(at, 10);
      pen.fill();
    }
  }

  #pointer(pen, color, toY, y, bottom) {
    if (this.cursor !== null) {
      pen.strokeStyle = color("soft");
      stroke(pen, [[this.toX(this.cursor), PAD.top], [this.toX(this.cursor), bottom]]);
      for (const line of this.lines) {
        const i = nearest(line.x, this.cursor);
        if (!Number.isFinite(line.y[i]) || (y.log && line.y[i] <= 0)) continue;
        pen.fillStyle = color(line.color);
        pen.beginPath();
        pen.arc(this.toX(line.x[i]), toY(line.y[i]), 3, 0, 7);
        pen.fill();
      }
    }
    if (this.drag) {
      pen.fillStyle = color("accent");
      pen.globalAlpha = 0.18;
      pen.fillRect(Math.min(this.drag.from, this.drag.to), PAD.top, Math.abs(this.drag.to - this.drag.from), bottom - PAD.top);
      pen.globalAlpha = 1;
    }
  }

  // In words, what the lines show: at the cursor, or newest.
  #tell() {
    const parts = [];
    const keys = [];
    for (const line of strongest(this.lines).slice(0, MOST_TOLD)) {
      const i = this.cursor === null ? line.x.length - 1 : nearest(line.x, this.cursor);
      if (i < 0) continue;
      parts.push(`${line.label} ${short(line.y[i])} at epoch ${grouped(line.x[i])}`);
      keys.push([line, `${line.label} ${short(line.y[i])}`]);
    }
    const more = this.lines.length > MOST_TOLD ? `and ${grouped(this.lines.length - MOST_TOLD)} more` : "";
    const done = this.#near().map(({ text }) => text);
    const text = [...parts, ...(more ? [more] : []), ...done].join("; ");
    if (text === this.told) return;
    this.told = text;
    this.canvas.setAttribute("aria-label", `${this.title} by epoch: ${text || "nothing yet"}`);
    this.#legend(keys);
    const epoch = this.cursor === null ? "" : `epoch ${grouped(Math.round(this.cursor))}`;
    put(this.read.lastChild, [more, epoch, done.join("; ")].filter(Boolean).join(": "));
  }

  #legend(keys) {
    const shape = keys.map(([{ color, part }]) => `${color} ${part}`).join();
    if (shape !== this.shape) {
      this.shape = shape;
      this.read.replaceChildren(...keys.flatMap(([{ color, part }]) => {
        const key = element("span", { className: `key ${part}` });
        key.style.borderColor = `var(--${color})`;
        return [element("span", { className: "entry" }, key, element("span")), " "];
      }), element("span"));
    }
    keys.forEach(([, shown], i) => put(this.read.children[i].lastChild, shown));
  }

  // What was done to the networks near the cursor.
  #near() {
    if (this.cursor === null || !this.toX) return [];
    const at = this.toX(this.cursor);
    const isNear = (place) => Math.abs(place - this.cursor) <= 0.5 || Math.abs(this.toX(place) - at) < NEAR;
    return this.marks.filter(({ epoch }) => isNear(epoch + 0.5)).slice(0, 4);
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
    canvas.addEventListener("pointercancel", () => (this.drag = null)); // the page is scrolled by touch
    canvas.addEventListener("pointerleave", () => this.#point(null));
    canvas.addEventListener("blur", () => this.#point(null));
    canvas.addEventListener("dblclick", () => this.onZoom(null));
    canvas.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    const { low, high } = this.x;
    const step = Math.max(1, (high - low) / 50);
    const at = this.cursor ?? high;
    const keys = {
      ArrowLeft: () => this.#point(Math.max(low, Math.round(at - step)), true),
      ArrowRight: () => this.#point(Math.min(high, Math.round(at + step)), true),
      Home: () => this.#point(low, true),
      End: () => this.#point(high, true),
      "+": () => this.#zoom(at - (at - low) / 2, at + (high - at) / 2),
      "-": () => this.#zoom(Math.max(1, at - (at - low) * 2), at + (high - at) * 2),
      0: () => this.onZoom(null),
      Escape: () => this.onZoom(null),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    keys[event.key]();
    event.preventDefault();
  }

  #point(epoch, aloud = false) {
    this.cursor = epoch;
    if (aloud) {
      this.#tell();
      this.onSay(this.told);
    }
    this.onRead();
  }

  #zoom(first, last) {
    if (last - first < 1) return;
    const view = { first: Math.max(1, Math.floor(first)), last: Math.ceil(last) };
    this.x = { low: view.first, high: view.last }; // what is pressed before the next frame goes on from here
    this.onZoom(view);
  }
}

function strongest(lines) {
  return [...lines.filter((line) => line.strong), ...lines.filter((line) => !line.strong)];
}
