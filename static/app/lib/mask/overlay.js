// Draws a mask over its picture: a tint with a hatch and a dashed edge, so that it shows on any picture, not by colour
// alone. It draws window pixels, not picture pixels: what a stroke costs does not grow with the picture.

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {import("./view.js").View} View */

const STRIPE = 9;
const DASH = 6;
const TINT = [143, 214, 184];
const WHITE = 0xffffffff;
const DARK = 0xd0201c18;

/** The pixel of each cover, as canvases hold it: plain, and on a stripe of the hatch. */
const [PLAIN, STRIPED] = [0.34, 0.62].map((most, striped) =>
  Uint32Array.from({ length: 256 }, (_, cover) => {
    const [red, green, blue] = TINT.map((part) => (striped ? Math.round((part + 255 * 2) / 3) : part));
    const alpha = Math.round(most * cover);
    return ((alpha << 24) | (Number(blue) << 16) | (Number(green) << 8) | Number(red)) >>> 0;
  }),
);

/**
 * What of the window a change of the mask touches, with the edge that may move beside it.
 * @param {Rect} rect of the picture
 * @param {View} view
 * @param {{ width: number, height: number }} window
 * @returns {Rect | null}
 */
export function windowRect(rect, view, window) {
  const found = {
    left: Math.max(0, Math.floor(rect.left * view.scale + view.x) - 2),
    top: Math.max(0, Math.floor(rect.top * view.scale + view.y) - 2),
    right: Math.min(window.width, Math.ceil(rect.right * view.scale + view.x) + 2),
    bottom: Math.min(window.height, Math.ceil(rect.bottom * view.scale + view.y) + 2),
  };
  return found.left < found.right && found.top < found.bottom ? found : null;
}

/**
 * Fill `pixels` with what the mask looks like in a rectangle of the window.
 * @param {Mask} mask
 * @param {View} view
 * @param {Rect} rect of the window
 * @param {Uint32Array} pixels as many as the rectangle has
 */
export function paint(mask, view, rect, pixels) {
  const wide = rect.right - rect.left;
  const columns = new Int32Array(wide + 2); // of the picture, -1 beside it; one more at each end for the edge
  for (let at = 0; at < columns.length; at++) columns[at] = on(rect.left + at - 1, view.x, view.scale, mask.width);
  let above = sampled(mask, view, rect.top - 1, columns);
  let here = sampled(mask, view, rect.top, columns);
  for (let y = rect.top, to = 0; y < rect.bottom; y++) {
    const below = sampled(mask, view, y + 1, columns);
    for (let at = 1; at <= wide; at++, to++) {
      const cover = here[at] ?? 0;
      const x = rect.left + at - 1;
      if (cover >= 128) {
        const least = Math.min(here[at - 1] ?? 0, here[at + 1] ?? 0, above[at] ?? 0, below[at] ?? 0);
        if (least < 128) {
          pixels[to] = Math.floor((x + y) / DASH) % 2 ? DARK : WHITE;
          continue;
        }
      }
      pixels[to] = (cover && ((x + y) % STRIPE < 2 ? STRIPED : PLAIN)?.[cover]) || 0;
    }
    above = here;
    here = below;
  }
}

/**
 * @param {Mask} mask
 * @param {View} view
 * @param {number} y of the window
 * @param {Int32Array} columns
 */
function sampled({ data, width, height }, view, y, columns) {
  const found = new Uint8Array(columns.length);
  const row = on(y, view.y, view.scale, height);
  if (row < 0) return found;
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at] ?? -1;
    if (column >= 0) found[at] = data[row * width + column] ?? 0;
  }
  return found;
}

/** The picture's pixel under a window's, or -1. */
const on = (
  /** @type {number} */ at,
  /** @type {number} */ start,
  /** @type {number} */ scale,
  /** @type {number} */ most,
) => {
  const found = Math.floor((at + 0.5 - start) / scale);
  return found >= 0 && found < most ? found : -1;
};
