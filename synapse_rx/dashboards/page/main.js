// The page: takes in the stream, shows it once a frame, and sends commands.

import { Chart } from "./chart.js";
import { element, grouped, short, words } from "./format.js";
import { Knobs } from "./knobs.js";
import { Nets, newest } from "./nets.js";
import { follow } from "./stream.js";

const COLORS = ["one", "two", "three", "four", "five", "six"];
const LAST = ["learning_rate", "gradient_norm", "update_ratio", "samples_per_second", "seconds"];
const FINE = 1000; // epochs; of longer histories a closer look is asked for
const LOOK = 1000; // milliseconds between two looks at the weights

const find = (id) => document.getElementById(id);
const nets = new Nets();
const charts = new Map();
const hidden = new Set();
const page = { token: "", steered: null, view: null, readOnly: false, asked: 0, shown: "", pictured: "", picture: "" };
const knobs = new Knobs(find("knobs"), command);

start();

function start() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given); // survives a reload, and leaves the address
    history.replaceState(null, "", location.pathname + location.search);
  }
  page.token = sessionStorage.getItem("token") ?? "";
  find("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", find("token").value.trim());
    location.reload();
  });
  listen();
  if (page.token) open();
  else refused("a token is needed");
}

async function open() {
  const about = await fetch("about", asking()).catch(() => null);
  if (about?.ok) page.readOnly = (await about.json()).read_only;
  follow("events", page.token, {
    onMessage(message) {
      nets.take(message);
      soon();
    },
    onState(state) {
      if (state === "refused") return refused("the token is wrong");
      say(state === "live" ? "connected" : "connection lost, trying again", state);
    },
  });
  setInterval(look, LOOK);
}

function refused(why) {
  say(why, "lost");
  find("token-form").hidden = false;
}

function say(text, state) {
  const connection = find("connection");
  if (connection.textContent !== text) connection.textContent = text;
  connection.dataset.state = state;
}

function asking(more = {}) {
  return { cache: "no-store", headers: { Authorization: `Bearer ${page.token}`, ...more } };
}

function soon() {
  if (!page.asked) page.asked = requestAnimationFrame(show);
}

function show() {
  page.asked = 0;
  if (!nets.all.has(page.steered)) page.steered = nets.all.keys().next().value ?? null;
  const net = nets.all.get(page.steered);
  showNets();
  showCharts();
  if (net) showSteering(net);
  find("steer").hidden = !net;
}

function showNets() {
  const body = find("nets").tBodies[0];
  const rows = new Map([...body.rows].map((row) => [Number(row.dataset.id), row]));
  for (const [id, row] of rows) if (!nets.all.has(id)) row.remove();
  let i = 0;
  for (const net of nets.all.values()) {
    const row = rows.get(net.id) ?? body.appendChild(netRow(net));
    const errors = [...net.curves.keys()].filter((name) => /^(training|validation) (?!gradient_norm|update_ratio)/.test(name));
    const cells = [
      net.name,
      net.batch ? `${net.status}, batch ${grouped(net.batch)}` : net.status,
      grouped(net.epochs),
      short(newest(net, "loss")),
      errors.map((name) => `${words(name)} ${short(newest(net, name))}`).join(", "),
      short(newest(net, "samples_per_second")),
    ];
    cells.forEach((text, k) => {
      const cell = row.cells[k + 2];
      if (cell.lastChild?.data !== text) cell.lastChild ? (cell.lastChild.data = text) : cell.append(text);
    });
    row.cells[1].querySelector(".key").style.borderColor = `var(--${COLORS[i++ % COLORS.length]})`;
    row.cells[0].firstChild.checked = net.id === page.steered;
  }
}

function netRow(net) {
  const steer = element("input", { type: "radio", name: "steered" });
  steer.setAttribute("aria-label", `steer ${net.name}`);
  steer.addEventListener("change", () => {
    page.steered = net.id;
    page.shown = page.pictured = "";
    soon();
  });
  const curves = element("input", { type: "checkbox", checked: true });
  curves.setAttribute("aria-label", `curves of ${net.name}`);
  curves.addEventListener("change", () => {
    hidden[curves.checked ? "delete" : "add"](net.id);
    soon();
  });
  const row = element("tr", {}, element("td", {}, steer), element("td", {}, curves, element("span", { className: "key" })));
  row.dataset.id = net.id;
  const name = element("th", { scope: "row" });
  row.append(name, ...["", "number", "number", "", "number"].map((className) => element("td", { className })));
  return row;
}

function showCharts() {
  const groups = new Map();
  const marks = new Set();
  let i = 0;
  for (const net of nets.all.values()) {
    const color = COLORS[i++ % COLORS.length];
    if (hidden.has(net.id)) continue;
    for (const event of net.events) marks.add(event.epoch);
    const close = page.view && net.detail?.view === page.view ? net.detail.curves : net.curves;
    for (const [name, { x, y }] of close) {
      const validation = name.startsWith("validation ");
      const kind = name.replace(/^(training|validation) /, "");
      if (!y.some(Number.isFinite)) continue;
      const part = name === kind ? "" : validation ? "validation" : "training";
      const label = [nets.all.size > 1 ? net.name : "", part].filter(Boolean).join(" ") || words(kind);
      if (!groups.has(kind)) groups.set(kind, []);
      groups.get(kind).push({ label, x, y, color, validation });
    }
  }
  const kinds = [...groups.keys()].sort((a, b) => LAST.indexOf(a) - LAST.indexOf(b));
  for (const [kind, chart] of charts) {
    if (groups.has(kind)) continue;
    chart.figure.remove();
    charts.delete(kind);
  }
  for (const kind of kinds) {
    if (!charts.has(kind)) charts.set(kind, new Chart(kind, { onZoom: zoom, onRead: soon }));
    const chart = charts.get(kind);
    if (!chart.figure.isConnected) find("charts").append(chart.figure);
    chart.set(groups.get(kind), marks);
    chart.view = page.view;
    chart.log = find("log").checked;
    chart.draw();
  }
}

async function zoom(view) {
  page.view = view;
  find("whole").disabled = !view;
  soon();
  if (!view) return;
  for (const net of nets.all.values()) {
    if (net.epochs <= FINE || hidden.has(net.id)) continue;
    const answer = await fetch(`nets/${net.id}/history?first=${view.first}&last=${view.last}`, asking()).catch(() => null);
    if (!answer?.ok || page.view !== view) return;
    const curves = new Map();
    for (const [name, { epochs, values }] of Object.entries((await answer.json()).curves)) {
      curves.set(name, { x: epochs, y: values.map((value) => value ?? NaN) });
    }
    net.detail = { view, curves };
    soon();
  }
}

function showSteering(net) {
  const { description } = net;
  const enabled = !page.readOnly;
  find("steered").textContent = net.name;
  const can = {
    pause: net.status === "training",
    resume: net.status === "paused",
    stop: net.status === "training" || net.status === "paused",
  };
  for (const button of document.querySelectorAll("[data-command]")) {
    button.disabled = !enabled || !(can[button.dataset.command] ?? true);
  }
  find("switch").disabled = find("algorithm").disabled = !enabled;
  const shown = `${net.id} ${net.described}`;
  const algorithm = find("algorithm");
  if (page.shown !== shown || !algorithm.options.length) {
    page.shown = shown;
    fill(algorithm, description.algorithms.includes(description.algorithm) ? description.algorithms : [description.algorithm, ...description.algorithms]);
    algorithm.value = description.algorithm;
    fill(find("parameter"), description.weights);
    find("arch").textContent = `${description.arch}, ${grouped(description.parameters)} parameters (${description.dtype}), loss ${description.loss ?? "by default"}, seed ${description.seed}`;
    showLayers(net, enabled);
  }
  knobs.show(description.controls, enabled);
  showEvents(net);
}

function fill(select, names) {
  const kept = select.value;
  if ([...select.options].map((option) => option.value).join() === names.join()) return;
  select.replaceChildren(...names.map((name) => element("option", { value: name, textContent: name })));
  if (names.some((name) => String(name) === kept)) select.value = kept;
}

function showLayers(net, enabled) {
  const rows = net.description.layers.map(({ path, layer, shape, parameters, frozen }) => {
    const box = element("input", { type: "checkbox", checked: frozen, disabled: !enabled || !parameters });
    box.setAttribute("aria-label", `freeze layer ${path}`);
    box.addEventListener("change", async () => {
      if (!(await command({ command: box.checked ? "freeze" : "unfreeze", layer: path }))) box.checked = !box.checked;
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

function showEvents(net) {
  const newestFirst = net.events.slice(-200).reverse();
  const key = `${net.id} ${net.events.length} ${newestFirst[0]?.epoch}`;
  const list = find("events");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...newestFirst.map(({ epoch, batch, what, detail }) =>
    element("li", { textContent: `epoch ${grouped(epoch + 1)}${batch ? `, batch ${grouped(batch)}` : ""}: ${words(what)} ${detail}` })));
}

// Weights are looked at now and then, and only by those who see them.
async function look() {
  const net = nets.all.get(page.steered);
  if (!net || document.hidden) return;
  const parameter = find("parameter").value;
  const key = `${net.id} ${net.version} ${net.epochs} ${parameter}`;
  if (!parameter || page.pictured === key) return;
  page.pictured = key;
  try {
    const picture = await fetch(`nets/${net.id}/weights.png?parameter=${encodeURIComponent(parameter)}`, asking());
    if (picture.ok) {
      URL.revokeObjectURL(page.picture);
      page.picture = URL.createObjectURL(await picture.blob());
      Object.assign(find("picture"), {
        src: page.picture, hidden: false, alt: `Weights ${parameter} of ${net.name}, a tile for each unit`,
      });
    }
    const answer = await fetch(`nets/${net.id}/histograms`, asking());
    if (answer.ok) showHistograms((await answer.json()).histograms);
    const past = await fetch(`nets/${net.id}/history?first=1&last=1`, asking());
    if (past.ok) {
      const { snapshots } = await past.json();
      fill(find("epoch"), snapshots.toReversed());
      find("rewinding").hidden = !snapshots.length;
    }
  } catch {
    page.pictured = ""; // the connection is gone; it is looked at again
  }
}

function showHistograms(histograms) {
  const place = find("histograms");
  const old = new Map([...place.children].map((figure) => [figure.dataset.name, figure]));
  const figures = Object.entries(histograms).map(([name, { counts, edges, lost }]) => {
    const figure = old.get(name) ?? element("figure", {}, element("canvas"), element("figcaption"));
    figure.dataset.name = name;
    const [low, high] = [short(edges[0]), short(edges[edges.length - 1])];
    figure.lastChild.textContent = `${name}: ${low} to ${high}${lost ? `, ${grouped(lost)} not finite` : ""}`;
    figure.firstChild.setAttribute("role", "img");
    figure.firstChild.setAttribute("aria-label", `Distribution of ${name}, from ${low} to ${high}`);
    return [figure, counts];
  });
  place.replaceChildren(...figures.map(([figure]) => figure));
  for (const [figure, counts] of figures) bars(figure.firstChild, counts);
}

function bars(canvas, counts) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  const most = Math.max(...counts, 1);
  const width = canvas.width / counts.length;
  counts.forEach((count, i) => {
    const height = (count / most) * canvas.height;
    pen.fillRect(i * width, canvas.height - height, Math.max(1, width - 1), height);
  });
}

async function command(asked) {
  const problem = find("problem");
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`nets/${page.steered}/commands`, { ...asking(headers), method: "POST", body: JSON.stringify(asked) });
    const { error } = await answer.json();
    problem.textContent = error ?? "";
    problem.hidden = !error;
    return answer.ok;
  } catch {
    problem.textContent = "the server cannot be reached";
    problem.hidden = false;
    return false;
  }
}

async function download() {
  const answer = await fetch(`nets/${page.steered}/checkpoint`, asking());
  if (!answer.ok) return;
  const name = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "net.safetensors";
  const url = URL.createObjectURL(await answer.blob());
  element("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

function listen() {
  for (const button of document.querySelectorAll("[data-command]")) {
    button.addEventListener("click", () => {
      const { command: name, at } = button.dataset;
      command(name === "rewind" || at ? { command: name, epoch: Number(find("epoch").value) } : { command: name });
    });
  }
  find("switch").addEventListener("click", () => command({ command: "algorithm", name: find("algorithm").value }));
  find("checkpoint").addEventListener("click", download);
  find("log").addEventListener("change", soon);
  find("whole").addEventListener("click", () => zoom(null));
  find("parameter").addEventListener("change", look);
  addEventListener("resize", soon);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);
}
