// From values to places on a canvas, and the ticks between.

export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

// Of numbers between two powers of ten: 1, 2 and 5 of each power, or every power, or every second, ...
export function decades(low, high) {
  const of = (steps, every = 1) => {
    const found = [];
    for (let power = Math.floor(low); power <= high; power += every) for (const step of steps) found.push(Number(`${step}e${power}`));
    return found.filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9);
  };
  const choices = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map((steps) => of(steps));
  const found = choices.find(({ length }) => length >= 2 && length <= 5);
  return found ?? (high - low < 2 ? ticks(10 ** low, 10 ** high, 4) : of([1], Math.ceil((high - low) / 5)));
}

// The epochs that lines span.
export function span(lines) {
  let high = 2;
  for (const { x } of lines) if (x.length) high = Math.max(high, x[x.length - 1]);
  return { low: 1, high };
}

// The values of lines between two epochs: logarithms of them if that is wanted and possible.
export function reach(lines, x, wantsLog) {
  let low = Infinity;
  let high = -Infinity;
  let positive = Infinity;
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i++) {
      const value = line.y[i];
      if (line.x[i] < x.low || line.x[i] > x.high || !Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      if (value > 0) positive = Math.min(positive, value);
    }
  }
  if (low > high) return { low: 0, high: 1, log: false };
  if (wantsLog && Number.isFinite(positive)) {
    const [from, to] = [Math.log10(positive), Math.log10(high)];
    return to - from < 0.1 ? { low: from - 0.3, high: to + 0.3, log: true } : { low: from, high: to, log: true };
  }
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.1 || 1;
  return { low: low >= 0 ? Math.max(0, low - margin) : low - margin, high: high + margin, log: false };
}

// The place in x of what is nearest to a value.
export function nearest(x, at) {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - x[low - 1] < x[low] - at ? low - 1 : low;
}
