// Making and finding elements, and changing no more of them than has to be.

export const find = (id) => document.getElementById(id);

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

export function fill(select, names) {
  const kept = select.value;
  if ([...select.options].map((option) => option.value).join() === names.join()) return;
  select.replaceChildren(...names.map((name) => element("option", { value: name, textContent: name })));
  if (names.includes(kept)) select.value = kept;
}

export function sizeOf({ clientWidth: width, clientHeight: height }) {
  return { width, height };
}

// Set the shape of a canvas to what is seen of it; return its pen, which counts in CSS pixels.
export function penOf(canvas, { width, height } = sizeOf(canvas)) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

export function colors() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

// Whether an element is on the screen or nearly so: what nobody sees is not asked for.
export class Sight {
  constructor(place, onSeen) {
    this.seen = false;
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      if (this.seen) onSeen();
    }, { rootMargin: "200px" }).observe(place);
  }
}
