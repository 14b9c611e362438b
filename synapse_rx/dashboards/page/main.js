// The page: takes in the stream, shows it once a frame, and looks now and then at what is worked out on request.

import { Architecture } from "./architecture.js";
import { Confusion } from "./confusion.js";
import { Curves } from "./curves.js";
import { find, put } from "./elements.js";
import { Events } from "./events.js";
import { Networks } from "./networks.js";
import { Page } from "./page.js";
import { Settings } from "./settings.js";
import { Steering } from "./steering.js";
import { follow } from "./stream.js";
import { themed } from "./theme.js";
import { Weights } from "./weights.js";

const LOOK = 1000; // milliseconds between two looks

const page = new Page(draw);
const parts = [Networks, Curves, Steering, Architecture, Settings, Events, Confusion, Weights].map((Part) => new Part(page));

function draw() {
  const { net } = page;
  for (const part of parts) part.show?.(net);
  for (const place of document.querySelectorAll("main .of")) put(place, net?.name ?? "");
}

// One look at a time, and none while nobody sees the page.
async function look() {
  if (page.net && !document.hidden) for (const part of parts) await part.look?.(page.net);
  setTimeout(look, LOOK);
}

function say(text, state) {
  put(find("connection"), text);
  find("connection").dataset.state = state;
}

function refused(why) {
  say(why, "lost");
  find("token-form").hidden = false;
}

function open() {
  page.server.json("about").then((about) => {
    page.readOnly = about?.read_only ?? false;
    page.soon();
  });
  follow("events", page.server.token, {
    onMessage(message) {
      page.nets.take(message);
      page.soon();
    },
    onState(state) {
      if (state === "refused") refused("the token is wrong");
      else say(state === "live" ? "connected" : "connection lost, trying again", state);
    },
  });
  look();
}

find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  page.server.remember(find("token").value.trim());
  location.reload();
});
for (const kind of ["resize", "scroll"]) addEventListener(kind, () => page.soon(), { passive: true });
themed(() => page.soon());
if (page.server.token) open();
else refused("a token is needed");
