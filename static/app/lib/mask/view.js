// How the picture lies in the window: one scale and an offset. All functions return a new view.

/** @typedef {{ scale: number, x: number, y: number }} View x and y: where the picture's corner lies in the window */
/** @typedef {{ width: number, height: number }} Size */
/** @typedef {import("./brush.js").Point} Point */

export const MOST = 32;
const MARGIN = 24;

/** @param {Size} picture @param {Size} window @returns {View} all of the picture in the middle, never enlarged */
export function fitted(picture, window) {
  const room = { width: window.width - 2 * MARGIN, height: window.height - 2 * MARGIN };
  const scale = Math.max(0.005, Math.min(1, room.width / picture.width, room.height / picture.height));
  return {
    scale,
    x: Math.round((window.width - picture.width * scale) / 2),
    y: Math.round((window.height - picture.height * scale) / 2),
  };
}

/**
 * Zoom by a factor so that what lies at a point of the window stays there.
 * @param {View} view
 * @param {number} factor
 * @param {Point} point
 * @param {number} least the smallest scale
 * @returns {View}
 */
export function zoomed(view, factor, point, least) {
  const scale = Math.max(Math.min(least, 1), Math.min(MOST, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
}

/**
 * Move; a part of the picture always stays in the window.
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 * @param {Size} picture
 * @param {Size} window
 * @returns {View}
 */
export function moved(view, dx, dy, picture, window) {
  const within = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) =>
    Math.max(2 * MARGIN - size * view.scale, Math.min(room - 2 * MARGIN, at));
  return {
    scale: view.scale,
    x: within(view.x + dx, picture.width, window.width),
    y: within(view.y + dy, picture.height, window.height),
  };
}

/** @param {View} view @param {Point} point of the window @returns {Point} of the picture */
export const toPicture = (view, { x, y }) => ({ x: (x - view.x) / view.scale, y: (y - view.y) / view.scale });

/** Of two fingers: how the view follows them. @param {View} view @param {Point[]} before @param {Point[]} after */
export function pinched(view, before, after, /** @type {number} */ least) {
  const [a, b, c, d] = /** @type {[Point, Point, Point, Point]} */ ([...before, ...after]);
  const apart = (/** @type {Point} */ one, /** @type {Point} */ other) =>
    Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const now = { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2 };
  const next = zoomed(view, apart(c, d) / apart(a, b), middle, least);
  return { ...next, x: next.x + now.x - middle.x, y: next.y + now.y - middle.y };
}
