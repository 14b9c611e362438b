// How numbers and names are shown.

export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return Number(value.toPrecision(4)).toString();
}

export function grouped(value) {
  return Number(value).toLocaleString("en");
}

export function words(name) {
  return name.replaceAll("_", " ");
}
