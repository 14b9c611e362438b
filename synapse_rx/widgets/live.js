// The live view of networks below the cell of a notebook: draws what the model's `nets` says, and sends commands.

const WIDTH = 420, HEIGHT = 130, LEFT = 4, RIGHT = 416, TOP = 6, BOTTOM = 124;
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" }; // in JupyterLab keys would else be shortcuts of the notebook
const WIDE = 20; // a curve whose largest value is so many times its smallest is drawn on a logarithmic axis

function render({ model, el }) {
  const cards = new Map();
  const refusal = element("div", { class: "refusal", role: "alert" });
  const root = element("div", { class: "synapse-rx-live" });
  el.replaceChildren(root);

  function draw() {
    const nets = model.get("nets");
    const present = new Set(nets.map(net => net.id));
    for (const id of [...cards.keys()].filter(id => !present.has(id))) cards.delete(id);
    for (const net of nets) {
      if (!cards.has(net.id)) cards.set(net.id, card(command => ask(net.id, command)));
      cards.get(net.id).show(net);
    }
    const wanted = [...nets.map(net => cards.get(net.id).root), refusal];
    // Only when networks came or went: putting them in again would take the focus from a knob.
    if (wanted.some((node, place) => root.children[place] !== node) || root.children.length !== wanted.length)
      root.replaceChildren(...wanted);
  }

  function ask(id, command) {
    refusal.textContent = "";
    model.send({ id, command });
  }

  function told(message) {
    refusal.textContent = message.refused ?? "";
    draw(); // a knob goes back to what holds
  }

  model.on("change:nets", draw);
  model.on("msg:custom", told);
  draw();
  return () => {
    model.off("change:nets", draw);
    model.off("msg:custom", told);
  };
}

function card(ask) {
  const root = element("section", {});
  const title = element("strong", {});
  const about = element("span", { class: "about" });
  const status = element("div", { class: "status" });
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const legend = element("div", { class: "legend" });
  const buttons = Object.fromEntries(["pause", "resume", "stop"].map(name => [name, button(name, ask)]));
  const bar = element("div", { class: "bar" }, ...Object.values(buttons));
  const knobs = new Map();
  root.append(element("div", {}, title, " ", about), status, chart, legend, bar);

  function show(net) {
    title.textContent = net.name;
    about.textContent = net.about;
    root.setAttribute("aria-label", net.name || net.about);
    status.textContent = [net.status, `epoch ${net.epochs}`, ...net.facts].join(" · ");
    root.classList.toggle("running", net.live);
    curves(chart, legend, net);
    bar.hidden = !net.steered;
    buttons.pause.disabled = net.status !== "training";
    buttons.resume.disabled = net.status !== "paused";
    buttons.stop.disabled = !["training", "paused"].includes(net.status);
    for (const [name, known] of [...knobs])
      if (!net.knobs.some(knob => knob.name === name)) (known.root.remove(), knobs.delete(name));
    for (const knob of net.knobs) {
      if (!knobs.has(knob.name)) {
        knobs.set(knob.name, slider(knob, ask));
        bar.append(knobs.get(knob.name).root);
      }
      knobs.get(knob.name).show(knob);
    }
  }

  return { root, show };
}

function button(command, ask) {
  const made = element("button", { type: "button", ...OWN_KEYS }, command[0].toUpperCase() + command.slice(1));
  made.onclick = () => ask({ command });
  return made;
}

function slider(first, ask) {
  let knob = first, held = false;
  const label = first.name.replaceAll("_", " ");
  const input = element("input", { type: "range", step: "any", "aria-label": label, ...OWN_KEYS });
  const number = element("output", {});
  const root = element("label", {}, `${label} `, input, " ", number);

  const log = () => knob.scale === "log";
  const value = () => Number((log() ? 10 ** input.valueAsNumber : input.valueAsNumber).toPrecision(3));
  const said = () => {
    number.textContent = value();
    input.setAttribute("aria-valuetext", number.textContent);
  };
  input.oninput = () => ((held = true), said());
  input.onchange = () => ((held = false), ask({ command: "options", options: { [knob.name]: value() } }));

  function show(now) {
    knob = now;
    const at = log() ? Math.log10 : x => x;
    input.min = at(now.low);
    input.max = at(now.high);
    input.step = log() ? 0.05 : now.step;
    if (held) return; // a hand is on it
    if (now.value === null) return (number.textContent = "scheduled");
    input.valueAsNumber = at(Math.max(now.value, now.low));
    number.textContent = Number(now.value.toPrecision(4));
    input.setAttribute("aria-valuetext", number.textContent);
  }

  return { root, show };
}

function curves(chart, legend, net) {
  const values = net.curves.flatMap(curve => curve.values).filter(value => value !== null);
  const least = Math.min(...values), most = Math.max(...values);
  const log = least > 0 && most > WIDE * least;
  const scale = log ? Math.log10 : value => value;
  const low = values.length ? scale(least) : 0, high = values.length ? scale(most) : 1;
  const last = Math.max(2, net.epochs);
  const x = epoch => LEFT + ((epoch - 1) / (last - 1)) * (RIGHT - LEFT);
  const y = value => BOTTOM - ((scale(value) - low) / (high - low || 1)) * (BOTTOM - TOP);

  const lines = net.curves.flatMap(curve => pieces(curve).map(piece => svg("polyline", {
    class: curve.name, points: piece.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
  })));
  const marks = net.events.filter(event => event.epoch > 0 && event.epoch < net.epochs).map(event => {
    const place = x(event.epoch + 0.5);
    const mark = svg("line", { class: "event", x1: place, x2: place, y1: TOP, y2: BOTTOM });
    mark.append(svg("title", {}, `after epoch ${event.epoch}: ${event.text}`));
    return mark;
  });
  chart.replaceChildren(...marks, ...lines);
  const kind = net.kind.replaceAll("_", " ");
  const range = values.length ? `, ${short(least)} to ${short(most)}${log ? " (logarithmic)" : ""}` : "";
  chart.setAttribute("aria-label", `${kind} by epoch, ${net.epochs} epochs${range}`);
  const names = net.curves.map(curve => {
    const newest = curve.values.at(-1);
    const text = ` ${curve.name} ${newest === null || newest === undefined ? "–" : short(newest)} `;
    return element("span", {}, element("span", { class: curve.name, "aria-hidden": "true" }, "■"), text);
  });
  legend.replaceChildren(`${kind}${range} `, ...names);
}

// What lies between values that are not finite.
function pieces(curve) {
  const found = [[]];
  curve.values.forEach((value, place) => {
    if (value === null) found.push([]);
    else found.at(-1).push([curve.epochs[place], value]);
  });
  return found.filter(piece => piece.length);
}

const short = value => String(Number(value.toPrecision(4)));
const element = (name, attributes, ...children) => made(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
  made(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

function made(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export default { render };
