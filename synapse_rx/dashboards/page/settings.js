// The hyper-parameters of the networks whose curves are shown, side by side, and what differs between them.

import { element, find } from "./elements.js";
import { short, words } from "./format.js";

export class Settings {
  constructor(page) {
    this.page = page;
    find("differing").addEventListener("change", () => page.soon());
  }

  show(steered) {
    const nets = this.page.shown.length ? this.page.shown : [steered].filter(Boolean);
    const only = find("differing").checked && nets.length > 1;
    const key = `${only} ${nets.map((net) => `${net.id} ${net.name} ${net.described}`)}`;
    if (this.key === key) return;
    this.key = key;
    const table = find("settings");
    find("settings-tools").hidden = nets.length < 2;
    const names = [...new Set(nets.flatMap((net) => Object.keys(net.description.settings)))];
    const rows = names.map((name) => [name, nets.map((net) => shown(net.description.settings[name]))]);
    const differs = (texts) => texts.some((text) => text !== texts[0]);
    table.tHead.replaceChildren(element("tr", {}, element("th", { scope: "col", textContent: "name" }),
      ...nets.map((net) => element("th", { scope: "col", textContent: net.name }))));
    table.tBodies[0].replaceChildren(...rows.filter(([, texts]) => !only || differs(texts)).map(([name, texts]) =>
      element("tr", { className: differs(texts) ? "differs" : "" },
        element("th", { scope: "row", textContent: words(name) }), ...texts.map((textContent) => element("td", { textContent })))));
  }
}

function shown(value) {
  if (value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" && !Number.isInteger(value) ? short(value) : String(value);
}
