// Lines on a canvas, in no more points than it has pixels.

export function stroke(pen, [[a, b], [c, d]]) {
  pen.beginPath();
  pen.moveTo(a, b);
  pen.lineTo(c, d);
  pen.stroke();
}

// A curve between two places on the canvas: of many points in one column of pixels the first, lowest, highest and last.
export function curve(pen, { x, y }, toX, toY, log, left, right) {
  const path = new Path(pen);
  pen.beginPath();
  for (let i = 0; i < x.length; i++) {
    const a = toX(x[i]);
    if (a < left && toX(x[i + 1]) < left) continue;
    if (!Number.isFinite(y[i]) || (log && y[i] <= 0)) path.lift();
    else path.to(a, toY(y[i]));
    if (a > right) break;
  }
  path.lift();
  pen.stroke();
}

class Path {
  constructor(pen) {
    this.pen = pen;
    this.column = null;
    this.points = 0;
  }

  to(a, b) {
    const column = Math.floor(a);
    if (column !== this.column) {
      this.#flush();
      Object.assign(this, { column, at: a, low: b, high: b });
      this.#draw(a, b);
    }
    this.low = Math.min(this.low, b);
    this.high = Math.max(this.high, b);
    this.last = b;
  }

  // Begin anew with the next point; a point that stands alone is drawn as a dot.
  lift() {
    this.#flush();
    if (this.points === 1) {
      this.pen.moveTo(this.at + 2, this.last);
      this.pen.arc(this.at, this.last, 2, 0, 7);
    }
    this.column = null;
    this.points = 0;
  }

  #flush() {
    if (this.column === null) return;
    if (this.low < this.last || this.high > this.last) {
      for (const b of [this.low, this.high, this.last]) this.#draw(this.at, b);
    }
  }

  #draw(a, b) {
    if (this.points) this.pen.lineTo(a, b);
    else this.pen.moveTo(a, b);
    this.points += 1;
  }
}
