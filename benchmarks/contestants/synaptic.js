// JavaScript Synaptic: a round for every line read, CPU seconds written (see benchmarks/graph.py).
const synaptic = require("synaptic");
const job = JSON.parse(process.argv[2]);
const [kind, ...sizes] = job.call;
const network = new synaptic.Architect[kind](...sizes);
const n = network.inputs(), m = network.outputs();
const bits = (size) => Array.from({ length: size }, () => Math.round(Math.random()));
const xs = Array.from({ length: 64 }, () => bits(n)), ts = Array.from({ length: 64 }, () => bits(m));
const cpu = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1e6; };

function steps(count) {
  for (let i = 0; i < count; i++) {
    network.activate(xs[i % 64]);
    if (job.learns) network.propagate(0.1, ts[i % 64]);
  }
}

// An epoch of the four corners in its trainer, per sample.
const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map((x) => ({ input: x, output: [x[0] ^ x[1]] }));
const trainer = new synaptic.Trainer(network);
function epochs(count) {
  trainer.train(corners, { rate: 0.2, iterations: count, error: 1e-9, shuffle: false, cost: synaptic.Trainer.cost.MSE });
  return count * corners.length;
}

function round() {
  const start = cpu();
  if (!job.trainer) { steps(job.steps); return cpu() - start; }
  const samples = epochs(job.steps);
  return (cpu() - start) / samples;
}

const start = cpu();
steps(1);
console.log(cpu() - start);
round();
let pending = "";
process.stdin.on("data", (data) => {
  pending += data;
  for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n")) {
    pending = pending.slice(end + 1);
    console.log(round());
  }
});
