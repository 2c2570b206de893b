/** @typedef {{ left: number, top: number, right: number, bottom: number }} Rect right and bottom are not part of it */

/** @param {Rect | null} one @param {Rect | null} other @returns {Rect | null} what holds both */
export function united(one, other) {
  if (!one || !other) return one ?? other;
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}
