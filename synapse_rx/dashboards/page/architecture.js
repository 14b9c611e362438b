// The layers: a diagram, and a table in which they are frozen.

import { drawing } from "./diagram.js";
import { element, find, put } from "./elements.js";
import { grouped } from "./format.js";

export class Architecture {
  constructor(page) {
    this.page = page;
  }

  show(net) {
    const key = net && `${net.id} ${net.described} ${this.page.readOnly}`;
    if (!net || this.key === key) return;
    this.key = key;
    const { diagram, arch, parameters, dtype, layers } = net.description;
    put(find("arch"), `${diagram.boxes.length ? "" : `${arch}, `}${grouped(parameters)} parameters (${dtype})`);
    const frozen = new Set(layers.filter((layer) => layer.frozen).map(({ path }) => path));
    find("diagram").hidden = !diagram.boxes.length;
    find("diagram").replaceChildren(...(diagram.boxes.length ? [drawing(diagram, frozen)] : []));
    this.#table(layers);
  }

  #table(layers) {
    const { page } = this;
    const rows = layers.map(({ path, layer, shape, parameters, frozen }) => {
      const box = element("input", { type: "checkbox", checked: frozen, disabled: page.readOnly || !parameters });
      box.setAttribute("aria-label", `freeze layer ${path}`);
      box.addEventListener("change", async () => {
        const done = await page.command({ command: box.checked ? "freeze" : "unfreeze", layer: path });
        if (!done) box.checked = !box.checked;
      });
      return element("tr", {},
        element("th", { scope: "row", textContent: path }), element("td", { textContent: layer }),
        element("td", { textContent: shape }),
        element("td", { className: "number", textContent: grouped(parameters) }), element("td", {}, box));
    });
    const body = find("layers").tBodies[0];
    const at = [...body.querySelectorAll("input")].indexOf(document.activeElement);
    body.replaceChildren(...rows);
    if (at >= 0) body.querySelectorAll("input")[at]?.focus();
  }
}
