// How the numbers of one parameter were distributed, a column for each moment.

import { colors, penOf } from "./elements.js";
import { grouped, short } from "./format.js";
import { ticks } from "./scales.js";

const PAD = { left: 56, right: 12, top: 8, bottom: 22 };

export function drawDistribution(canvas, parameter, moments) {
  canvas.setAttribute("aria-label", inWords(parameter, moments));
  const { pen, width, height } = penOf(canvas);
  if (!moments.length) return;
  const color = colors();
  const [right, bottom] = [width - PAD.right, height - PAD.bottom];
  const low = Math.min(...moments.map((moment) => moment.low));
  const high = Math.max(...moments.map((moment) => moment.high));
  const toY = (value) => bottom - ((value - low) / (high - low || 1)) * (bottom - PAD.top);
  const edges = edgesOf(moments);
  const toX = (epoch) => PAD.left + ((epoch - edges[0]) / (edges[edges.length - 1] - edges[0])) * (right - PAD.left);

  pen.fillStyle = color("accent");
  moments.forEach((moment, i) => column(pen, moment, toX(edges[i]), toX(edges[i + 1]), toY));
  pen.globalAlpha = 1;
  axes(pen, color, { low, high, first: edges[0], last: edges[edges.length - 1] }, toX, toY, right, bottom);
  pen.strokeStyle = color("wrong");
  pen.lineWidth = 1.8;
  pen.beginPath();
  moments.forEach((moment, i) => pen.lineTo(toX(moment.epoch), toY(quantile(moment, 0.5))));
  pen.stroke();
}

// A moment stands from the middle between it and the one before to the middle between it and the next.
function edgesOf(moments) {
  const epochs = moments.map(({ epoch }) => epoch);
  if (epochs.length === 1) return [epochs[0] - 0.5, epochs[0] + 0.5];
  const middles = epochs.slice(1).map((epoch, i) => (epoch + epochs[i]) / 2);
  return [epochs[0], ...middles, epochs[epochs.length - 1]];
}

function column(pen, { low, high, counts }, left, right, toY) {
  const most = Math.max(...counts, 1);
  const size = (high - low) / counts.length;
  counts.forEach((count, i) => {
    if (!count) return;
    pen.globalAlpha = 0.08 + 0.92 * Math.sqrt(count / most);
    const [top, bottom] = [toY(low + (i + 1) * size), toY(low + i * size)];
    pen.fillRect(left, top, right - left + 0.4, bottom - top + 0.4);
  });
}

function axes(pen, color, { low, high, first, last }, toX, toY, right, bottom) {
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = color("soft");
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of ticks(low, high, 5)) pen.fillText(short(tick), PAD.left - 7, toY(tick));
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const tick of ticks(Math.max(0, first), last, 5)) {
    if (Number.isInteger(tick)) pen.fillText(grouped(tick), Math.max(PAD.left + 4, Math.min(toX(tick), right - 8)), bottom + 7);
  }
}

function inWords(parameter, moments) {
  if (!moments.length) return `Distribution of ${parameter}: nothing yet`;
  const told = ({ epoch, low, high, counts }) => {
    const [from, to] = [0.25, 0.75].map((share) => short(quantile({ low, high, counts }, share)));
    return `after epoch ${grouped(epoch)} from ${short(low)} to ${short(high)}, the middle half from ${from} to ${to}`;
  };
  const ends = moments.length > 1 ? [moments[0], moments[moments.length - 1]] : moments;
  return `Distribution of ${parameter} over time: ${ends.map(told).join("; ")}`;
}

export function quantile({ low, high, counts }, share) {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  const size = (high - low) / counts.length;
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    if (sum + counts[i] >= wanted && counts[i]) return low + (i + (wanted - sum) / counts[i]) * size;
    sum += counts[i];
  }
  return low;
}
