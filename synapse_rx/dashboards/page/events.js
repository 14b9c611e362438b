// What was done to the steered network, the newest first.

import { element, find } from "./elements.js";
import { grouped, words } from "./format.js";

const MOST = 200;

export class Events {
  show(net) {
    const events = net?.events ?? [];
    const newestFirst = events.slice(-MOST).reverse();
    const key = `${net?.id} ${events.length} ${newestFirst[0]?.epoch}`;
    if (this.key === key) return;
    this.key = key;
    find("no-events").hidden = events.length > 0;
    find("events").hidden = !events.length;
    find("events").replaceChildren(...newestFirst.map(({ epoch, batch, what, detail }) =>
      element("li", {},
        element("span", { className: "when", textContent: `epoch ${grouped(epoch + 1)}${batch ? `, batch ${grouped(batch)}` : ""}` }),
        element("span", { textContent: `${words(what)} ${detail.replaceAll("->", "→")}` }))));
  }
}
