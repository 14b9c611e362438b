// How numbers and names are shown.

const WHOLE = new Intl.NumberFormat("en"); // made once: that is what is slow

export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  if (size >= 100) return WHOLE.format(Math.round(value));
  return Number(value.toPrecision(4)).toString();
}

export function grouped(value) {
  return WHOLE.format(value);
}

export function words(name) {
  return name.replaceAll("_", " ");
}
