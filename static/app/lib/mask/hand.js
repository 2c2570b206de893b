// What pointers do on the easel: one draws, two touching fingers zoom and move, a drag with the space bar, the middle
// button or the hand moves.

/** @typedef {import("./easel.js").Easel} Easel */
/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./brush.js").Point} Point */

const MIDDLE = 1;

/** Events: `stroke` (something was drawn, or given up). */
export class Hand extends EventTarget {
  /** Whether the next drag moves the picture. */
  moves = false;
  /** The space bar is held. */
  holds = false;
  /** @type {Map<number, Point>} */ #touching = new Map();
  /** @type {number | undefined} */ #drawing;
  /** @type {number | undefined} */ #dragging;

  /**
   * @param {Easel} easel
   * @param {Pen} pen
   */
  constructor(easel, pen) {
    super();
    this.easel = easel;
    this.pen = pen;
  }

  /** @param {PointerEvent} event */
  down(event) {
    const { easel, pen } = this;
    if (!easel.mask || event.button > MIDDLE) return;
    event.preventDefault();
    easel.window.focus({ preventScroll: true });
    easel.window.setPointerCapture(event.pointerId);
    this.#touching.set(event.pointerId, this.#point(event));
    if (this.#touching.size > 1) {
      this.#giveUp(); // a second finger: what the first has drawn was not meant
      return;
    }
    if (this.moves || this.holds || event.button === MIDDLE) {
      this.#dragging = event.pointerId;
      return;
    }
    this.#drawing = event.pointerId;
    pen.regular = event.shiftKey;
    easel.changed(pen.down(easel.mask, easel.at(this.#point(event)), pressure(event)));
    easel.follow(this.#point(event));
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { easel, pen } = this;
    const point = this.#point(event);
    const before = this.#touching.get(event.pointerId);
    if (before && this.#touching.size === 2) {
      const other = [...this.#touching].find(([id]) => id !== event.pointerId)?.[1] ?? point;
      easel.pinch([before, other], [point, other]);
    } else if (before && event.pointerId === this.#dragging) {
      easel.move(point.x - before.x, point.y - before.y);
    } else if (event.pointerId === this.#drawing && easel.mask) {
      pen.regular = event.shiftKey;
      const steps = event.getCoalescedEvents?.() ?? [];
      for (const step of steps.length ? steps : [event])
        easel.changed(pen.move(easel.mask, easel.at(this.#point(step)), pressure(step)));
    }
    if (before) this.#touching.set(event.pointerId, point);
    easel.follow(event.pointerType === "touch" && !before ? null : point);
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.#touching.delete(event.pointerId);
    if (event.pointerId === this.#dragging) this.#dragging = undefined;
    if (event.pointerId === this.#drawing && this.easel.mask) {
      this.easel.changed(this.pen.up(this.easel.mask));
      this.#drawing = undefined;
      this.dispatchEvent(new Event("stroke"));
    }
    this.easel.follow(event.pointerType === "touch" ? null : this.#point(event));
  }

  /** The browser has taken the pointer away, or a person thinks better of it. @param {PointerEvent} [event] */
  cancel(event) {
    if (event) this.#touching.delete(event.pointerId);
    this.#dragging = undefined;
    this.#giveUp();
  }

  #giveUp() {
    if (this.#drawing === undefined || !this.easel.mask) return;
    this.#drawing = undefined;
    this.easel.changed(this.pen.abandon(this.easel.mask));
    this.easel.follow(null);
    this.dispatchEvent(new Event("stroke"));
  }

  /** @param {PointerEvent} event @returns {Point} of the window */
  #point({ clientX, clientY }) {
    const { left, top } = this.easel.window.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/** Of pens alone: a mouse says one half, whatever it does. @param {PointerEvent} event */
const pressure = (event) => (event.pointerType === "pen" && event.pressure ? event.pressure : 1);
