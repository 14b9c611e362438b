// What the parts of the page share: the networks, which one is steered, and when everything is drawn again.

import { find, put } from "./elements.js";
import { Nets } from "./nets.js";
import { Server } from "./server.js";

const COLORS = ["one", "two", "three", "four", "five", "six"];

export class Page {
  constructor(draw) {
    this.nets = new Nets();
    this.server = new Server();
    this.steered = null;
    this.hidden = new Set();
    this.pointed = null; // the network whose row is pointed at
    this.view = null; // the epochs that are looked at closer
    this.readOnly = false;
    this.frame = 0;
    this.draw = draw;
  }

  get net() {
    if (!this.nets.all.has(this.steered)) this.steered = this.nets.all.keys().next().value ?? null;
    return this.nets.all.get(this.steered);
  }

  get shown() {
    return [...this.nets.all.values()].filter((net) => !this.hidden.has(net.id));
  }

  color(net) {
    return COLORS[(net.id - 1) % COLORS.length];
  }

  // Draw with the next frame, once however often this is asked.
  soon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  async command(asked) {
    const error = await this.server.command(this.steered, asked);
    const problem = find("problem");
    put(problem, error);
    problem.hidden = !error;
    return !error;
  }

  // Have a screen reader say something.
  say(text) {
    put(find("spoken"), text);
  }
}
