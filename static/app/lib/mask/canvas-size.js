// By how much a picture's canvas grows at each side.

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Sides pixels to add */

/** Image models take edges that this divides. */
const STEP = 16;

/**
 * What to add so that the canvas has the proportions, with the picture in its middle.
 * @param {{ width: number, height: number }} picture
 * @param {number} ratio width by height
 * @returns {Sides}
 */
export function sidesFor({ width, height }, ratio) {
  const wanted = { width: Math.max(width, height * ratio), height: Math.max(height, width / ratio) };
  const [wide, high] = [stepped(wanted.width) - width, stepped(wanted.height) - height];
  const [left, top] = [Math.floor(wide / 2), Math.floor(high / 2)];
  return { left, top, right: wide - left, bottom: high - top };
}

/** @param {{ width: number, height: number }} picture @param {Sides} sides */
export const extendedSize = ({ width, height }, { left, top, right, bottom }) => ({
  width: left + width + right,
  height: top + height + bottom,
});

const stepped = (/** @type {number} */ edge) => Math.ceil(Math.round(edge) / STEP) * STEP;
