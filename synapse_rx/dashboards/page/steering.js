// What steers: buttons, another algorithm, knobs, going back.

import { element, fill, find, put } from "./elements.js";
import { grouped } from "./format.js";
import { Knobs } from "./knobs.js";

export class Steering {
  constructor(page) {
    this.page = page;
    this.knobs = new Knobs(find("knobs"), (asked) => page.command(asked));
    this.kept = []; // epochs that can be gone back to
    this.shown = "";
    for (const button of document.querySelectorAll("[data-command]")) {
      button.addEventListener("click", () => this.#press(button.dataset));
    }
    find("switch").addEventListener("click", () => page.command({ command: "algorithm", name: find("algorithm").value }));
    find("checkpoint").addEventListener("click", () => this.#download());
    find("epoch").addEventListener("input", () => this.#tellEpoch());
  }

  show() {
    const { net, readOnly } = this.page;
    find("steer").hidden = find("skip").hidden = !net;
    if (!net) return;
    const { description } = net;
    const live = { pause: net.status === "training", resume: net.status === "paused", stop: ["training", "paused"].includes(net.status) };
    for (const button of document.querySelectorAll("[data-command]")) {
      button.disabled = readOnly || !(live[button.dataset.command] ?? true);
    }
    find("switch").disabled = find("algorithm").disabled = readOnly;
    const shown = `${net.id} ${net.described}`;
    if (shown !== this.shown) {
      this.shown = shown;
      fill(find("algorithm"), [...new Set([description.algorithm, ...description.algorithms])].sort());
      find("algorithm").value = description.algorithm;
    }
    this.knobs.show(description.controls, !readOnly);
  }

  // Which epochs are kept is asked for now and then.
  async look() {
    const { net, server } = this.page;
    const key = `${net.id} ${net.epochs} ${net.version}`;
    if (this.looked === key) return;
    const answer = await server.json(`nets/${net.id}/history?first=1&last=1`);
    if (!answer || net !== this.page.net) return;
    this.looked = key;
    const slider = find("epoch");
    const before = this.kept[Number(slider.value)];
    const atEnd = Number(slider.value) >= this.kept.length - 1;
    this.kept = answer.snapshots;
    slider.max = Math.max(0, this.kept.length - 1);
    const place = this.kept.indexOf(before);
    slider.value = atEnd || place < 0 ? slider.max : place;
    find("rewinding").hidden = !this.kept.length;
    find("no-history").hidden = this.kept.length > 0;
    this.#tellEpoch();
  }

  #tellEpoch() {
    const slider = find("epoch");
    const text = grouped(this.kept[Number(slider.value)] ?? 0);
    slider.setAttribute("aria-valuetext", `epoch ${text}`);
    put(find("epoch-told"), text);
  }

  #press({ command, at }) {
    const epoch = this.kept[Number(find("epoch").value)];
    this.page.command(command === "rewind" || at ? { command, epoch } : { command });
  }

  async #download() {
    const { net, server } = this.page;
    const answer = await server.get(`nets/${net.id}/checkpoint`);
    if (!answer) return;
    const name = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "net.safetensors";
    const url = URL.createObjectURL(await answer.blob());
    element("a", { href: url, download: name }).click();
    URL.revokeObjectURL(url);
  }
}
