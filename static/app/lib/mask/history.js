// Steps back and forth: of each step only the tiles that it touched are kept, and one of a single value as that value.

import { united } from "./rect.js";

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {Map<number, number | Uint8Array>} Step tiles as they were before, or come after */

export const TILE = 256;
/** Bytes of tiles that are kept; the oldest steps go first. */
export const MOST_BYTES = 64 * 1024 * 1024;

export class TileHistory {
  /** @type {Step[]} */ #back = [];
  /** @type {Step[]} */ #forth = [];
  /** @type {Step} */ #open = new Map();
  #most;

  /**
   * @param {Mask} mask
   * @param {number} [most] bytes
   */
  constructor(mask, most = MOST_BYTES) {
    this.mask = mask;
    this.columns = Math.ceil(mask.width / TILE);
    this.#most = most;
  }

  get canUndo() {
    return this.#back.length > 0;
  }

  get canRedo() {
    return this.#forth.length > 0;
  }

  /** Bytes that the steps take. */
  get bytes() {
    return [...this.#back, ...this.#forth].reduce((sum, step) => sum + weight(step), 0);
  }

  /** Keep the tiles of a rectangle as they are, unless the open step has them already. @param {Rect} rect */
  touch(rect) {
    for (let row = Math.floor(rect.top / TILE); row * TILE < rect.bottom; row++)
      for (let column = Math.floor(rect.left / TILE); column * TILE < rect.right; column++) {
        const key = row * this.columns + column;
        if (!this.#open.has(key)) this.#open.set(key, this.#read(key));
      }
  }

  /** Close the step; one that touched nothing is none. */
  commit() {
    if (!this.#open.size) return;
    this.#back.push(this.#open);
    this.#open = new Map();
    this.#forth = [];
    let bytes = this.bytes;
    while (bytes > this.#most && this.#back.length > 1) bytes -= weight(/** @type {Step} */ (this.#back.shift()));
  }

  /** Take back what the open step has changed. @returns {Rect | null} */
  abandon() {
    const rect = this.#swap(this.#open);
    this.#open = new Map();
    return rect;
  }

  /** @returns {Rect | null} what looks different now */
  undo() {
    return this.#move(this.#back, this.#forth);
  }

  /** @returns {Rect | null} */
  redo() {
    return this.#move(this.#forth, this.#back);
  }

  /**
   * @param {Step[]} from
   * @param {Step[]} to
   */
  #move(from, to) {
    const step = from.pop();
    if (!step) return null;
    const rect = this.#swap(step);
    to.push(step);
    return rect;
  }

  /** Put the tiles of a step into the mask, and those of the mask into the step. @param {Step} step */
  #swap(step) {
    /** @type {Rect | null} */
    let changed = null;
    for (const [key, tile] of step) {
      step.set(key, this.#read(key));
      this.#write(key, tile);
      changed = united(changed, this.#rect(key));
    }
    return changed;
  }

  /** @param {number} key @returns {Rect} */
  #rect(key) {
    const left = (key % this.columns) * TILE;
    const top = Math.floor(key / this.columns) * TILE;
    return {
      left,
      top,
      right: Math.min(left + TILE, this.mask.width),
      bottom: Math.min(top + TILE, this.mask.height),
    };
  }

  /** @param {number} key */
  #read(key) {
    const { data, width } = this.mask;
    const { left, top, right, bottom } = this.#rect(key);
    const tile = new Uint8Array((right - left) * (bottom - top));
    for (let y = top, at = 0; y < bottom; y++, at += right - left)
      tile.set(data.subarray(y * width + left, y * width + right), at);
    const first = tile[0] ?? 0;
    let same = 1;
    while (same < tile.length && tile[same] === first) same++;
    return same === tile.length ? first : tile;
  }

  /**
   * @param {number} key
   * @param {number | Uint8Array} tile
   */
  #write(key, tile) {
    const { data, width } = this.mask;
    const { left, top, right, bottom } = this.#rect(key);
    for (let y = top, at = 0; y < bottom; y++, at += right - left) {
      if (typeof tile === "number") data.fill(tile, y * width + left, y * width + right);
      else data.set(tile.subarray(at, at + right - left), y * width + left);
    }
  }
}

/** @param {Step} step bytes */
function weight(step) {
  let bytes = 0;
  for (const tile of step.values()) bytes += typeof tile === "number" ? 16 : tile.length;
  return bytes;
}
