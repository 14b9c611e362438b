// Sliders, boxes and switches for what can be set. A slider sends its newest value as soon as the last was taken.

import { element, words } from "./format.js";

export class Knobs {
  constructor(place, send) {
    this.place = place;
    this.send = send;
    this.made = [];
    this.shape = "";
  }

  show(controls, enabled) {
    const shape = JSON.stringify(controls.map(({ name, command, kind, scale, low, high, label, schedule }) =>
      [name, command, kind, scale, schedule ?? "", label ?? "", kind === "number" ? [low, high] : 0]));
    if (shape !== this.shape && !this.place.contains(document.activeElement)) {
      this.shape = shape;
      this.made = controls.map((control, i) => this.#make(control, i));
      const algorithm = this.made.filter((_, i) => controls[i].command === "options");
      const rest = this.made.filter((_, i) => controls[i].command !== "options");
      const more = element("details", {}, element("summary", { textContent: "Limits and penalties" }));
      more.append(...rest.map((knob) => knob.row));
      this.place.replaceChildren(...algorithm.map((knob) => knob.row), more);
    }
    const present = new Map(controls.map((control) => [`${control.command} ${control.name}`, control.value]));
    for (const knob of this.made) {
      const value = present.get(knob.key);
      if (value !== undefined) knob.show(value);
      for (const input of knob.row.querySelectorAll("input")) input.disabled = !enabled;
    }
  }

  #make(control, i) {
    const id = `knob-${i}`;
    const label = element("label", { htmlFor: id, textContent: words(control.label ?? control.name) });
    const row = element("div", { className: "knob" }, label);
    const send = this.#sender(control);
    const knob = { row, key: `${control.command} ${control.name}` };
    if (control.kind === "flag") {
      const box = element("input", { type: "checkbox", id });
      box.addEventListener("change", () => send(box.checked));
      knob.show = (value) => (box.checked = value);
      row.append(box);
      return knob;
    }
    const box = element("input", { type: "number", step: control.kind === "count" ? 1 : "any" });
    box.placeholder = control.optional ? "none" : "";
    const put = [box];
    let range = null;
    if (control.kind === "number") {
      range = slider(control, id);
      box.setAttribute("aria-label", `${label.textContent}, exactly`);
      range.addEventListener("input", () => {
        const value = fromSlider(control, range.value);
        box.value = value;
        range.setAttribute("aria-valuetext", value);
        send(value);
      });
      row.append(range);
    } else {
      box.id = id;
      row.append(element("span"));
    }
    box.addEventListener("change", () => {
      if (box.value !== "" || control.optional) send(box.value === "" ? null : Number(box.value));
    });
    row.append(...put);
    if (control.schedule) {
      row.append(element("p", { className: "hint", textContent: `follows ${control.schedule}; a number ends that` }));
    }
    knob.show = (value) => {
      if (document.activeElement !== box && document.activeElement !== range) box.value = value ?? "";
      if (range && document.activeElement !== range && value !== null) {
        range.value = toSlider(control, value);
        range.setAttribute("aria-valuetext", value);
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

function slider(control, id) {
  const range = element("input", { type: "range", id });
  const log = control.scale === "log";
  range.min = log ? Math.log10(control.low) : control.low;
  range.max = log ? Math.log10(control.high) : control.high;
  range.step = log ? 0.01 : control.step;
  range.value = (Number(range.min) + Number(range.max)) / 2; // of what is not set
  return range;
}

function fromSlider({ scale }, text) {
  return scale === "log" ? Number((10 ** Number(text)).toPrecision(3)) : Number(text);
}

function toSlider({ scale, low }, value) {
  return scale === "log" ? Math.log10(Math.max(value, low)) : value;
}
