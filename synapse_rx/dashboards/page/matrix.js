// The confusion matrix as a grid of buttons, which the arrow keys walk through.

import { element } from "./elements.js";
import { grouped } from "./format.js";

export class Matrix {
  constructor(table, onOpen) {
    this.table = table;
    this.onOpen = onOpen;
    this.shape = "";
    table.addEventListener("keydown", (event) => this.#walk(event));
  }

  show({ labels, counts }, opened) {
    if (this.shape !== labels.join("\n")) this.#build(labels);
    const worst = Math.max(1, ...counts.flatMap((row, i) => row.filter((_, k) => k !== i)));
    counts.forEach((row, true_) => {
      const sum = row.reduce((total, count) => total + count, 0);
      row.forEach((count, taken) => {
        const button = this.buttons[true_][taken];
        const isRight = true_ === taken;
        button.textContent = count ? grouped(count) : "·";
        button.className = !count ? "none" : isRight ? "right" : "wrong";
        button.style.setProperty("--share", Math.sqrt(isRight ? count / (sum || 1) : count / worst));
        button.setAttribute("aria-pressed", opened?.true === true_ && opened?.taken === taken);
        const what = isRight ? `${labels[true_]} taken for what it is` : `${labels[true_]} taken for ${labels[taken]}`;
        button.setAttribute("aria-label", `${what}: ${grouped(count)} sample${count === 1 ? "" : "s"}`);
        button.title = button.getAttribute("aria-label");
      });
    });
  }

  #build(labels) {
    this.shape = labels.join("\n");
    const head = (label, scope) => element("th", { scope, textContent: label, title: label });
    this.buttons = labels.map((_, true_) => labels.map((_, taken) => {
      const button = element("button", { type: "button", tabIndex: true_ || taken ? -1 : 0 });
      button.addEventListener("click", () => {
        this.#here(button);
        this.onOpen({ true: true_, taken });
      });
      return button;
    }));
    const corner = element("td", { className: "hint", textContent: "is \\ taken for" });
    this.table.replaceChildren(
      element("thead", {}, element("tr", {}, corner, ...labels.map((label) => head(label, "col")))),
      element("tbody", {}, ...labels.map((label, i) =>
        element("tr", {}, head(label, "row"), ...this.buttons[i].map((button) => element("td", {}, button))))),
    );
  }

  #walk(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    const row = this.buttons?.findIndex((buttons) => buttons.includes(event.target)) ?? -1;
    if (!move || row < 0) return;
    const next = this.buttons[row + move[0]]?.[this.buttons[row].indexOf(event.target) + move[1]];
    if (next) this.#here(next).focus();
    event.preventDefault();
  }

  // Only one button is a stop of the tabulator.
  #here(button) {
    for (const one of this.buttons.flat()) one.tabIndex = one === button ? 0 : -1;
    return button;
  }
}
