// What a pointer does to a mask with each tool, from the moment it is put down until it is lifted. It knows no DOM.
import { drawLine } from "./brush.js";
import { fillEllipse, fillFrom, fillPolygon, fillRectangle } from "./shapes.js";

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {import("./brush.js").Point} Point */
/** @typedef {"brush" | "eraser" | "rectangle" | "ellipse" | "lasso" | "fill"} Tool */

const LEAST_PRESSURE = 0.25;
/** Pixels of the picture between two points of a lasso. */
const STRIDE = 2;

export class Pen {
  /** @type {Tool} */ tool = "brush";
  /** Pixels of the picture across the brush. */
  size = 64;
  /** From 0 to 1. */
  hardness = 0.7;
  /** Whether shapes take away from the mask. */
  takesAway = false;
  /** Where it went since it was put down; empty while it is up. @type {Point[]} */
  points = [];
  /** The opposite corner of a shape makes a square or a circle. */
  regular = false;
  #pressure = 1;

  get isDown() {
    return this.points.length > 0;
  }

  get isBrush() {
    return this.tool === "brush" || this.tool === "eraser";
  }

  /**
   * @param {Mask} mask
   * @param {Point} point
   * @param {number} pressure from 0 to 1
   * @returns {Rect | null} what may look different
   */
  down(mask, point, pressure = 1) {
    this.points = [point];
    this.#pressure = pressure;
    return this.isBrush ? this.#draw(mask, point, point, pressure) : null;
  }

  /**
   * @param {Mask} mask
   * @param {Point} point
   * @param {number} pressure
   * @returns {Rect | null}
   */
  move(mask, point, pressure = 1) {
    const last = this.points.at(-1);
    if (!last) return null;
    if (this.isBrush) {
      this.points = [point];
      return this.#draw(mask, last, point, pressure);
    }
    if (this.tool !== "lasso") this.points = [/** @type {Point} */ (this.points[0]), point];
    else if (Math.hypot(point.x - last.x, point.y - last.y) >= STRIDE) this.points.push(point);
    return null;
  }

  /** Lift it: a shape is filled now, and the step is closed. @param {Mask} mask @returns {Rect | null} */
  up(mask) {
    const [first] = this.points;
    if (!first) return null;
    const changed = this.isBrush ? null : this.#fill(mask, first);
    this.points = [];
    mask.history.commit();
    return changed;
  }

  /** Give up what was begun. @param {Mask} mask @returns {Rect | null} */
  abandon(mask) {
    this.points = [];
    return mask.history.abandon();
  }

  /** The corners of the shape that is being drawn out. @returns {Rect | null} */
  get area() {
    const [from, to] = this.points;
    if (!from || !to || this.isBrush || this.tool === "lasso") return null;
    let [wide, high] = [to.x - from.x, to.y - from.y];
    if (this.regular) {
      const side = Math.max(Math.abs(wide), Math.abs(high));
      [wide, high] = [Math.sign(wide || 1) * side, Math.sign(high || 1) * side];
    }
    return {
      left: Math.min(from.x, from.x + wide),
      top: Math.min(from.y, from.y + high),
      right: Math.max(from.x, from.x + wide),
      bottom: Math.max(from.y, from.y + high),
    };
  }

  /**
   * @param {Mask} mask
   * @param {Point} first
   */
  #fill(mask, first) {
    if (this.tool === "fill") return fillFrom(mask, first, this.takesAway);
    if (this.tool === "lasso") return fillPolygon(mask, this.points, this.takesAway);
    if (!this.area) return null;
    return (this.tool === "ellipse" ? fillEllipse : fillRectangle)(mask, this.area, this.takesAway);
  }

  /**
   * @param {Mask} mask
   * @param {Point} from
   * @param {Point} to
   * @param {number} pressure
   */
  #draw(mask, from, to, pressure) {
    const middle = (this.#pressure + pressure) / 2;
    this.#pressure = pressure;
    const radius = (this.size / 2) * (LEAST_PRESSURE + (1 - LEAST_PRESSURE) * middle);
    return drawLine(mask, from, to, { radius, hardness: this.hardness, erase: this.tool === "eraser" });
  }
}
