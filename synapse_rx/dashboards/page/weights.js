// Weights as pictures, and how they are and were distributed. Looked at now and then, and only by those who see them.

import { drawDistribution } from "./distribution.js";
import { colors, element, fill, find, penOf, Sight } from "./elements.js";
import { grouped, short } from "./format.js";

export class Weights {
  constructor(page) {
    this.page = page;
    this.moments = [];
    this.sight = new Sight(find("weights"), () => this.look(page.net));
    find("parameter").addEventListener("change", () => this.look(page.net));
  }

  show(net) {
    if (net && this.described !== `${net.id} ${net.described}`) {
      this.described = `${net.id} ${net.described}`;
      fill(find("parameter"), net.description.weights);
    }
    find("weights").hidden = !net?.description.weights.length;
    if (this.sight.seen) this.#drawAll();
  }

  async look(net) {
    const parameter = find("parameter").value;
    const key = net && `${net.id} ${net.version} ${net.epochs} ${parameter}`;
    if (!key || !parameter || !this.sight.seen || this.key === key || this.asking) return;
    this.asking = true;
    const { server } = this.page;
    const name = encodeURIComponent(parameter);
    const [picture, over, now] = await Promise.all([
      server.get(`nets/${net.id}/weights.png?parameter=${name}`).then((answer) => answer?.blob()),
      server.json(`nets/${net.id}/distributions?parameter=${name}`),
      server.json(`nets/${net.id}/histograms`),
    ]);
    this.asking = false;
    if (!picture || !over || !now) return; // the connection is gone; it is looked at again
    this.key = key;
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(picture);
    Object.assign(find("picture"), { src: this.url, hidden: false, alt: `Weights ${parameter} of ${net.name}, a tile for each unit` });
    [this.parameter, this.moments, this.histograms] = [parameter, over.moments, now.histograms];
    this.#figures();
    this.#drawAll();
  }

  // Anew only where there is something new, or another size, or other colours.
  #drawAll() {
    const key = `${this.key} ${find("weights").clientWidth} ${colors()("accent")}`;
    if (!this.histograms || this.drawn === key) return;
    this.drawn = key;
    drawDistribution(find("distribution"), this.parameter, this.moments);
    for (const figure of find("histograms").children) bars(figure.firstChild, this.histograms[figure.dataset.name].counts);
  }

  #figures() {
    const place = find("histograms");
    const old = new Map([...place.children].map((figure) => [figure.dataset.name, figure]));
    place.replaceChildren(...Object.entries(this.histograms).map(([name, { edges, lost }]) => {
      const figure = old.get(name) ?? element("figure", {}, element("canvas"), element("figcaption"));
      const [low, high] = [short(edges[0]), short(edges[edges.length - 1])];
      figure.dataset.name = name;
      figure.lastChild.textContent = `${name}: ${low} to ${high}${lost ? `, ${grouped(lost)} not finite` : ""}`;
      figure.firstChild.setAttribute("role", "img");
      figure.firstChild.setAttribute("aria-label", `Distribution of ${name}, from ${low} to ${high}`);
      return figure;
    }));
  }
}

function bars(canvas, counts) {
  const { pen, width, height } = penOf(canvas);
  pen.fillStyle = colors()("accent");
  const most = Math.max(...counts, 1);
  const each = width / counts.length;
  counts.forEach((count, i) => {
    const tall = (count / most) * height;
    pen.fillRect(i * each, height - tall, Math.max(1, each - 1), tall);
  });
}
