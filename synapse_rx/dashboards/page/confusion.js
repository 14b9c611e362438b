// What is taken for what; each cell of the matrix opens its samples, the surest mistakes first.

import { element, find, put, Sight } from "./elements.js";
import { grouped, short, words } from "./format.js";
import { Matrix } from "./matrix.js";
import { sampleFigures } from "./samples.js";

const MOST_CLASSES = 26; // of more there is a list of the commonest mistakes only
const WORST = 6;

export class Confusion {
  constructor(page) {
    this.page = page;
    this.opened = null; // the cell whose samples are shown; null for all mistakes
    this.matrix = new Matrix(find("matrix"), (cell) => this.#open(cell));
    this.sight = new Sight(find("mistakes"), () => this.look(page.net));
    find("more").addEventListener("click", () => this.#more());
    find("all-mistakes").addEventListener("click", () => this.#open(null));
  }

  // Ask again when the network has changed since, for those who see it.
  async look(net) {
    const key = net && `${net.id} ${net.epochs} ${net.version}`;
    if (!net || !this.sight.seen || this.key === key || this.asking) return;
    this.asking = true;
    const said = await this.page.server.json(`nets/${net.id}/confusion`);
    this.asking = false;
    if (!said) return;
    this.key = key;
    if (this.id !== net.id) this.opened = null;
    this.id = net.id;
    find("why").hidden = !said.why;
    find("confused").hidden = Boolean(said.why);
    put(find("why"), said.why ?? "");
    if (said.why) return;
    this.said = said;
    this.#show();
    if (!this.#isBeingRead()) await this.#samples();
  }

  #show() {
    const { labels, counts, errors, samples, epochs } = this.said;
    const told = Object.entries(errors).map(([name, value]) => `${words(name)} ${short(value)}`).join(", ");
    put(find("judged"), `${grouped(samples)} samples after epoch ${grouped(epochs)}: ${told}`);
    find("matrix-place").hidden = labels.length > MOST_CLASSES;
    if (labels.length <= MOST_CLASSES) this.matrix.show(this.said, this.opened);
    const pairs = counts.flatMap((row, true_) => row.map((count, taken) => ({ count, true: true_, taken })));
    const most = labels.length > MOST_CLASSES ? 5 * WORST : WORST;
    const worst = pairs.filter((pair) => pair.count && pair.true !== pair.taken).sort((a, b) => b.count - a.count).slice(0, most);
    find("worst").replaceChildren(...(worst.length ? ["Most often:"] : ["No mistakes."]), ...worst.map((pair) => {
      const button = element("button", { type: "button", textContent: `${labels[pair.true]} for ${labels[pair.taken]}, ${grouped(pair.count)}` });
      button.addEventListener("click", () => this.#open({ true: pair.true, taken: pair.taken }));
      return button;
    }));
  }

  async #open(cell) {
    this.opened = cell;
    this.#show();
    await this.#samples();
    find("samples").scrollTop = 0;
    this.page.say(find("opened").textContent);
  }

  async #samples() {
    const cell = this.opened;
    const said = await this.#asked(0);
    if (!said || cell !== this.opened) return;
    const { labels } = this.said;
    const what = !cell ? "All mistakes, the surest first" : cell.true === cell.taken
      ? `${labels[cell.true]} taken for what it is, the doubtful first` : `${labels[cell.true]} taken for ${labels[cell.taken]}, the surest first`;
    put(find("opened"), `${what} (${grouped(said.total)})`);
    find("samples").replaceChildren(...sampleFigures(said.samples));
    find("all-mistakes").hidden = !cell;
    this.#count(said);
  }

  async #more() {
    const said = await this.#asked(find("samples").children.length);
    if (!said) return;
    find("samples").append(...sampleFigures(said.samples));
    this.#count(said);
  }

  async #asked(first) {
    const cell = this.opened;
    const which = cell ? `&true=${cell.true}&taken=${cell.taken}` : "";
    const said = await this.page.server.json(`nets/${this.id}/mistakes?first=${first}${which}`);
    return said?.why ? null : said;
  }

  #count({ total }) {
    find("more").hidden = find("samples").children.length >= total;
  }

  // What somebody looks through is not taken away.
  #isBeingRead() {
    const place = find("samples");
    return place.children.length > 0 && (place.matches(":hover") || place.contains(document.activeElement));
  }
}
