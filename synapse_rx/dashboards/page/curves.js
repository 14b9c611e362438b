// The charts: one for each kind of curve, all networks overlaid; and the same as numbers.

import { Chart } from "./chart.js";
import { element, find } from "./elements.js";
import { grouped, short, words } from "./format.js";
import { newest, showsLossOnce, shownCurves } from "./nets.js";

const LAST = ["learning_rate", "gradient_norm", "update_ratio", "samples_per_second", "seconds"];
const TITLES = { seconds: "seconds an epoch", samples_per_second: "samples a second" };
const MANY = 6; // networks; of more the steered one stands out
const FINE = 1000; // epochs; of longer histories a closer look is asked for

export class Curves {
  constructor(page) {
    this.page = page;
    this.charts = new Map();
    find("log").addEventListener("change", () => page.soon());
    find("whole").addEventListener("click", () => this.#zoom(null));
    find("record").addEventListener("click", () => page.command({ command: "record", options: { gradient_norm: true } }));
    find("numbers").closest("details").addEventListener("toggle", () => page.soon());
  }

  show() {
    const { page } = this;
    const groups = this.#groups();
    const kinds = [...groups.keys()].sort((a, b) => LAST.indexOf(a) - LAST.indexOf(b));
    const marks = page.shown.flatMap((net) => net.events.map(({ epoch, what, detail }) => {
      const whose = page.nets.all.size > 1 ? `${net.name}: ` : "";
      return { epoch, text: `${whose}${words(what)} ${detail.replaceAll("->", "→")}`.trim() };
    }));
    for (const [kind, chart] of this.charts) {
      if (groups.has(kind)) continue;
      chart.figure.remove();
      this.charts.delete(kind);
    }
    for (const kind of kinds) if (!this.charts.has(kind)) this.#chart(kind);
    for (const chart of this.charts.values()) chart.measure();
    for (const [kind, chart] of this.charts) {
      Object.assign(chart, { lines: groups.get(kind), marks, view: page.view, log: find("log").checked });
      chart.draw();
    }
    find("no-curves").hidden = kinds.length > 0;
    this.#numbers(kinds, groups);
    const { net } = page;
    find("record").hidden = page.readOnly || !net || !net.epochs || groups.has("gradient_norm");
  }

  #chart(kind) {
    const { page } = this;
    const chart = new Chart(titleOf(kind), {
      onZoom: (view) => this.#zoom(view), onRead: () => page.soon(), onSay: (text) => page.say(text),
    });
    this.charts.set(kind, chart);
    const after = [...this.charts.entries()].filter(([other]) => LAST.indexOf(other) > LAST.indexOf(kind));
    const next = after.map(([, other]) => other.figure).find((figure) => figure.isConnected);
    find("charts").insertBefore(chart.figure, next ?? null);
  }

  // For each kind the lines to draw.
  #groups() {
    const { page } = this;
    const groups = new Map();
    const several = page.nets.all.size > 1;
    const once = showsLossOnce(page.nets.all.values());
    for (const net of page.shown) {
      const curves = page.view && net.detail?.view === page.view ? net.detail.curves : net.curves;
      for (const { kind, part, points } of shownCurves(curves, once)) {
        if (!points.y.some(Number.isFinite)) continue;
        const label = [several ? net.name : "", part].filter(Boolean).join(" ") || titleOf(kind);
        const strong = several && net.id === (page.pointed ?? page.steered);
        const faint = !strong && (page.pointed !== null || page.shown.length > MANY);
        const line = { ...points, label, part, color: page.color(net), faint, strong };
        groups.set(kind, [...(groups.get(kind) ?? []), line]);
      }
    }
    return groups;
  }

  #numbers(kinds, groups) {
    const table = find("numbers");
    if (!table.closest("details").open) return;
    const rows = kinds.flatMap((kind) => groups.get(kind).map((line) => {
      const [low, high] = [extreme(line, (a, b) => a < b), extreme(line, (a, b) => a > b)];
      const name = line.label === titleOf(kind) ? line.label : `${titleOf(kind)}, ${line.label}`;
      return element("tr", {}, element("th", { scope: "row", textContent: name }),
        ...[short(newest(line)), low, high].map((textContent) => element("td", { className: "number", textContent })));
    }));
    table.tBodies[0].replaceChildren(...rows);
  }

  async #zoom(view) {
    const { page } = this;
    page.view = view;
    find("whole").disabled = !view;
    page.soon();
    if (!view) return;
    for (const net of page.shown) {
      if (net.epochs <= FINE) continue;
      const answer = await page.server.json(`nets/${net.id}/history?first=${view.first}&last=${view.last}`);
      if (!answer || page.view !== view) return;
      const curves = new Map();
      for (const [name, { epochs, values }] of Object.entries(answer.curves)) {
        curves.set(name, { x: epochs, y: values.map((value) => value ?? NaN) });
      }
      net.detail = { view, curves };
      page.soon();
    }
  }
}

function titleOf(kind) {
  return TITLES[kind] ?? words(kind);
}

function extreme({ x, y }, better) {
  let at = -1;
  for (let i = 0; i < y.length; i++) if (Number.isFinite(y[i]) && (at < 0 || better(y[i], y[at]))) at = i;
  return at < 0 ? "–" : `${short(y[at])} (epoch ${grouped(x[at])})`;
}
