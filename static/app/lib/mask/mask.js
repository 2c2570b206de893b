// The mask that is being painted: one byte for each pixel of the picture, 255 where it is to be edited.
import { TileHistory } from "./history.js";

/** @typedef {import("./rect.js").Rect} Rect */

/** Nothing changes but by `change`, which knows the steps back. */
export class Mask {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height);
    this.history = new TileHistory(this);
  }

  get whole() {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  /** @param {Rect} rect @returns {Rect | null} what of it lies on the picture, in whole pixels */
  clip({ left, top, right, bottom }) {
    const rect = {
      left: Math.max(0, Math.floor(left)),
      top: Math.max(0, Math.floor(top)),
      right: Math.min(this.width, Math.ceil(right)),
      bottom: Math.min(this.height, Math.ceil(bottom)),
    };
    return rect.left < rect.right && rect.top < rect.bottom ? rect : null;
  }

  /**
   * Let `work` change what lies in a rectangle, as part of the step that is open; return what may look different.
   * @param {Rect} area
   * @param {(rect: Rect) => void} work
   * @returns {Rect | null}
   */
  change(area, work) {
    const rect = this.clip(area);
    if (!rect) return null;
    this.history.touch(rect);
    work(rect);
    return rect;
  }

  /** Whether nothing is painted, be it ever so soft. Four pixels are looked at together, without a call for each. */
  get isBlank() {
    const { data } = this;
    const fours = new Uint32Array(data.buffer, 0, data.length >> 2);
    for (let at = 0; at < fours.length; at++) if (fours[at]) return false;
    for (let at = fours.length << 2; at < data.length; at++) if (data[at]) return false;
    return true;
  }

  /** The share of the picture that is to be edited, counted by the pixels that are at least half in. */
  share() {
    const { data } = this;
    let count = 0;
    for (let at = 0; at < data.length; at++) count += (data[at] ?? 0) >> 7; // for...of takes ten times as long
    return count / data.length;
  }
}
