// What is known of the networks, taken in message by message.

const MOST = 6000; // points of a curve that are kept, the newest of them all

export class Nets {
  constructor() {
    this.all = new Map();
  }

  take(message) {
    const known = new Set(message.nets.map((said) => said.id));
    for (const id of [...this.all.keys()]) if (!known.has(id)) this.all.delete(id);
    for (const said of message.nets) this.#one(said);
  }

  #one(said) {
    let net = this.all.get(said.id);
    if (!net || said.reset) {
      net = { id: said.id, curves: new Map(), events: [], described: 0, description: net?.description, detail: null };
      this.all.set(said.id, net);
    }
    const { name, status, epochs, steps, version, batch } = said;
    Object.assign(net, { name, status, epochs, steps, version, batch });
    for (const [curve, points] of Object.entries(said.curves)) append(net.curves, curve, points);
    net.events.push(...said.events);
    if (net.events.length > 1000) net.events.splice(0, net.events.length - 1000);
    if (said.description) {
      net.description = said.description;
      net.described += 1;
    }
  }
}

export function newest(points) {
  return points && points.y.length ? points.y[points.y.length - 1] : null;
}

// The name of the training error that is the loss itself; null where the loss is more than that, as with a penalty.
export function lossName({ curves }) {
  const loss = curves.get("loss");
  return [...curves.keys()].find((name) => name.startsWith("training ") && isSame(curves.get(name), loss)) ?? null;
}

// Whether the error that is the loss need not be shown beside it: it is the loss of all networks.
export function showsLossOnce(nets) {
  return [...nets].every((net) => !net.epochs || lossName(net));
}

// The curves as they are shown: kind, part (training, validation or none) and points.
export function* shownCurves(curves, once) {
  const same = once ? lossName({ curves }) : null;
  for (const [name, points] of curves) {
    const [, part, kind] = /^(training|validation) (.*)$/.exec(name) ?? [null, "", name];
    if (name === same) continue;
    if (same && kind === same.replace("training ", "")) yield { kind: "loss", part, points };
    else yield { kind, part: same && kind === "loss" ? "training" : part, points };
  }
}

function isSame(one, other) {
  const n = one.y.length;
  const at = [0, n >> 1, n - 1];
  return n > 0 && n === other.y.length && at.every((i) => one.y[i] === other.y[i] && one.x[i] === other.x[i]);
}

function append(curves, name, { epochs, values }) {
  let points = curves.get(name);
  if (!points) curves.set(name, (points = { x: [], y: [] }));
  for (let i = 0; i < epochs.length; i++) {
    points.x.push(epochs[i]);
    points.y.push(values[i] === null ? NaN : values[i]);
  }
  if (points.x.length > MOST) curves.set(name, thinned(points));
}

// Of the older two thirds the lowest and the highest of every few, so that no peak is lost.
function thinned({ x, y }) {
  const old = Math.floor((x.length * 2) / 3);
  const thin = { x: [], y: [] };
  for (let start = 0; start < old; start += 8) {
    const places = [];
    let low = start;
    let high = start;
    for (let i = start; i < Math.min(start + 8, old); i++) {
      if (!(y[i] >= y[low])) low = i;
      if (!(y[i] <= y[high])) high = i;
    }
    places.push(Math.min(low, high));
    if (low !== high) places.push(Math.max(low, high));
    for (const place of places) {
      thin.x.push(x[place]);
      thin.y.push(y[place]);
    }
  }
  return { x: thin.x.concat(x.slice(old)), y: thin.y.concat(y.slice(old)) };
}
