// The table of networks: which one is steered, whose curves are shown, and where each stands.

import { element, find, put } from "./elements.js";
import { grouped, short, words } from "./format.js";
import { newest, showsLossOnce, shownCurves } from "./nets.js";

const MEASURES = ["learning_rate", "gradient_norm", "update_ratio", "samples_per_second", "seconds"];

export class Networks {
  constructor(page) {
    this.page = page;
    this.kinds = null;
    this.statuses = new Map();
  }

  show() {
    const { page } = this;
    const table = find("nets");
    const all = [...page.nets.all.values()];
    find("no-nets").hidden = all.length > 0;
    const box = table.tHead.querySelector("input");
    if (box) Object.assign(box, {
      hidden: all.length < 2, checked: page.shown.length > 0, indeterminate: page.hidden.size > 0 && page.shown.length > 0,
    });
    table.hidden = !all.length;
    const once = showsLossOnce(all);
    const errors = new Map(all.map((net) => [net, errorsOf(net, once)]));
    const kinds = [...new Set(all.flatMap((net) => [...errors.get(net).keys()]))];
    if (kinds.join() !== this.kinds) this.#head(table, kinds);
    const rows = new Map([...table.tBodies[0].rows].map((row) => [Number(row.dataset.id), row]));
    for (const [id, row] of rows) if (!page.nets.all.has(id)) row.remove();
    for (const net of all) this.#fill(rows.get(net.id) ?? table.tBodies[0].appendChild(this.#row(net)), net, kinds, errors.get(net));
    this.#announce();
  }

  #head(table, kinds) {
    this.kinds = kinds.join();
    const columns = ["steer", "curves", "name", "status", ...["epochs", ...kinds.map(words), "samples/s"]];
    table.tHead.replaceChildren(element("tr", {}, ...columns.map((textContent, i) =>
      element("th", { scope: "col", textContent, className: i > 3 ? "number" : "" }))));
    table.tHead.rows[0].cells[1].prepend(this.#all(table));
    table.tBodies[0].replaceChildren();
  }

  // A box that ticks all networks, or none.
  #all(table) {
    const { page } = this;
    const box = element("input", { type: "checkbox", checked: !page.hidden.size });
    box.setAttribute("aria-label", "all curves");
    box.addEventListener("change", () => {
      page.hidden = new Set(box.checked ? [] : page.nets.all.keys());
      for (const row of table.tBodies[0].rows) row.cells[1].firstChild.checked = box.checked;
      page.soon();
    });
    return box;
  }

  #row(net) {
    const { page } = this;
    const steer = element("input", { type: "radio", name: "steered" });
    steer.setAttribute("aria-label", `steer ${net.name}`);
    steer.addEventListener("change", () => {
      page.steered = net.id;
      page.soon();
    });
    const curves = element("input", { type: "checkbox", checked: !page.hidden.has(net.id) });
    curves.setAttribute("aria-label", `curves of ${net.name}`);
    curves.addEventListener("change", () => {
      page.hidden[curves.checked ? "delete" : "add"](net.id);
      page.soon();
    });
    const key = element("span", { className: "key" });
    key.style.borderColor = `var(--${page.color(net)})`;
    const row = element("tr", {}, element("td", {}, steer), element("td", {}, curves, key), element("th", { scope: "row" }));
    row.append(element("td", {}, element("span", { className: "status" })));
    row.dataset.id = net.id;
    const point = (id) => {
      page.pointed = page.nets.all.size > 1 ? id : null;
      page.soon();
    };
    for (const kind of ["pointerenter", "focusin"]) row.addEventListener(kind, () => point(net.id));
    for (const kind of ["pointerleave", "focusout"]) row.addEventListener(kind, () => point(null));
    return row;
  }

  #fill(row, net, kinds, errors) {
    const { page } = this;
    const status = row.cells[3].firstChild;
    row.cells[0].firstChild.checked = net.id === page.net.id;
    row.classList.toggle("steered", net.id === page.net.id);
    put(row.cells[2], net.name);
    put(status, net.batch ? `${net.status}, batch ${grouped(net.batch)}` : net.status);
    status.dataset.status = net.status;
    const texts = [grouped(net.epochs), ...kinds.map((kind) => errors.get(kind) ?? "–"), short(newest(net.curves.get("samples_per_second")))];
    texts.forEach((text, i) => put(row.cells[4 + i] ?? row.appendChild(element("td", { className: "number" })), text));
  }

  // A screen reader is told when the status of the steered network changes.
  #announce() {
    const { net } = this.page;
    if (!net) return;
    const was = this.statuses.get(net.id);
    if (was && was !== net.status) this.page.say(`${net.name} is ${net.status}`);
    this.statuses.set(net.id, net.status);
  }
}

// The newest errors by kind, in words: training, and validation where there is any.
function errorsOf(net, once) {
  const found = new Map();
  for (const { kind, part, points } of shownCurves(net.curves, once)) {
    if (MEASURES.includes(kind)) continue;
    const value = short(newest(points));
    found.set(kind, part === "validation" ? `${found.get(kind) ?? "–"}, validation ${value}` : value);
  }
  return found;
}
