// Sliders, boxes and switches for what can be set. A slider sends its newest value as soon as the last was taken.

import { element } from "./elements.js";
import { words } from "./format.js";

const FIRST = ["learning_rate", "momentum", "weight_decay"]; // of the algorithm; the rest is folded away

export class Knobs {
  constructor(place, send) {
    this.place = place;
    this.send = send;
    this.made = [];
    this.shape = "";
  }

  show(controls, enabled) {
    const shape = JSON.stringify(controls.map(({ value, ...rest }) => rest));
    if (shape !== this.shape && !this.place.contains(document.activeElement)) this.#build(controls, shape);
    const present = new Map(controls.map((control) => [keyOf(control), control.value]));
    for (const knob of this.made) {
      const value = present.get(knob.key);
      if (value !== undefined) knob.show(value);
      for (const input of knob.row.querySelectorAll("input")) input.disabled = !enabled;
    }
  }

  #build(controls, shape) {
    const open = new Set([...this.place.querySelectorAll("details[open]")].map((one) => one.dataset.name));
    this.shape = shape;
    this.made = controls.map((control, i) => this.#make(control, i));
    const rows = (wanted) => this.made.filter((_, i) => wanted(controls[i])).map((knob) => knob.row);
    const folded = (name, found) => {
      const place = element("details", { open: open.has(name) }, element("summary", { textContent: name }), ...found);
      place.dataset.name = name;
      return found.length ? [place] : [];
    };
    this.place.replaceChildren(
      ...rows(({ command, name }) => command === "options" && FIRST.includes(name)),
      ...rows(({ command }) => command === "regularization"),
      ...folded("More options", rows(({ command, name }) => command === "options" && !FIRST.includes(name))),
      ...folded("Limits and recording", rows(({ command }) => command === "update" || command === "record")),
    );
  }

  #make(control, i) {
    const id = `knob-${i}`;
    const label = element("label", { htmlFor: id, textContent: words(control.label ?? control.name) });
    const row = element("div", { className: "knob" }, label);
    const send = this.#sender(control);
    const knob = { row, key: keyOf(control) };
    if (control.kind === "flag") {
      const box = element("input", { type: "checkbox", id });
      box.addEventListener("change", () => send(box.checked));
      knob.show = (value) => (box.checked = value);
      row.append(box);
      return knob;
    }
    const box = element("input", { type: "number", step: control.kind === "count" ? 1 : "any" });
    box.placeholder = control.optional ? "none" : "";
    const range = control.kind === "number" ? slider(control, id) : null;
    if (range) {
      box.setAttribute("aria-label", `${label.textContent}, exactly`);
      range.addEventListener("input", () => {
        const value = fromSlider(control, range.value);
        box.value = value;
        range.setAttribute("aria-valuetext", value);
        send(value);
      });
    } else box.id = id;
    box.addEventListener("change", () => {
      if (box.value !== "" || control.optional) send(box.value === "" ? null : Number(box.value));
    });
    row.append(range ?? element("span"), box);
    if (control.schedule) {
      row.append(element("p", { className: "hint", textContent: `follows ${control.schedule}; a number ends that` }));
    }
    knob.show = (value) => {
      row.classList.toggle("unset", value === null);
      if (document.activeElement !== box && document.activeElement !== range) box.value = value ?? "";
      if (range && document.activeElement !== range) {
        range.value = value === null ? range.min : toSlider(control, value);
        range.setAttribute("aria-valuetext", value ?? "none");
      }
    };
    return knob;
  }

  // One request at a time; of what is set meanwhile the newest is sent.
  #sender(control) {
    let waiting;
    let busy = false;
    return async (value) => {
      waiting = { value };
      if (busy) return;
      busy = true;
      while (waiting) {
        const options = { [control.name]: waiting.value };
        waiting = undefined;
        await this.send({ command: control.command, options });
      }
      busy = false;
    };
  }
}

function keyOf({ command, name }) {
  return `${command} ${name}`;
}

function slider(control, id) {
  const range = element("input", { type: "range", id });
  const log = control.scale === "log";
  range.min = log ? Math.log10(control.low) : control.low;
  range.max = log ? Math.log10(control.high) : control.high;
  range.step = log ? 0.01 : control.step;
  return range;
}

function fromSlider({ scale }, text) {
  return scale === "log" ? Number((10 ** Number(text)).toPrecision(3)) : Number(text);
}

function toSlider({ scale, low }, value) {
  return scale === "log" ? Math.log10(Math.max(value, low)) : value;
}
