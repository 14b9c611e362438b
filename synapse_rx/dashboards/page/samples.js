// Samples with what they are, what they were taken for, and how surely.

import { element, find } from "./elements.js";
import { grouped, short } from "./format.js";

export function sampleFigures(samples) {
  find("samples").classList.toggle("numbers", samples.some(({ image }) => image === null));
  return samples.map(figure);
}

function figure({ index, step, true: true_, taken, confidence, image, values, size }) {
  const where = `sample ${grouped(index)}${step === null ? "" : `, step ${grouped(step)}`}`;
  const right = true_ === taken;
  const what = right ? `${true_}, ${sure(confidence)}` : `${true_} taken for ${taken}, ${sure(confidence)}`;
  const caption = element("figcaption", { textContent: what, title: where });
  if (image === null) {
    const numbers = `${values.map(short).join(", ")}${size > values.length ? ", …" : ""} (${grouped(size)} number${size === 1 ? "" : "s"})`;
    return element("figure", {}, element("figcaption", { textContent: `${where}: ${what}` }), numbers);
  }
  return element("figure", {}, element("img", { src: image, alt: `${where}: ${what}` }), caption);
}

function sure(confidence) {
  if (confidence === null) return "output not finite";
  return confidence >= 0 && confidence <= 1 ? `${(100 * confidence).toFixed(confidence > 0.995 ? 1 : 0)} % sure` : `output ${short(confidence)}`;
}
