// What changes many pixels of a mask at once. Each returns what may look different, or null where nothing does.

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {import("./brush.js").Point} Point */

const BLOCK = 64;

/**
 * @param {Mask} mask
 * @param {Rect} area
 * @param {boolean} erase
 */
export const fillRectangle = (mask, area, erase) =>
  mask.change(rounded(area), ({ left, top, right, bottom }) => {
    for (let y = top; y < bottom; y++) mask.data.fill(erase ? 0 : 255, y * mask.width + left, y * mask.width + right);
  });

/**
 * The ellipse that touches the sides of a rectangle.
 * @param {Mask} mask
 * @param {Rect} area
 * @param {boolean} erase
 */
export function fillEllipse(mask, area, erase) {
  const { left, top, right, bottom } = rounded(area);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const [wide, high] = [(right - left) / 2, (bottom - top) / 2];
  return fillRows(mask, { left, top, right, bottom }, erase, (row) => {
    const off = (row + 0.5 - y) / high;
    const half = wide * Math.sqrt(Math.max(0, 1 - off * off));
    return [x - half, x + half];
  });
}

/**
 * The inside of a closed line; where it crosses itself, what is enclosed twice is outside.
 * @param {Mask} mask
 * @param {Point[]} points
 * @param {boolean} erase
 */
export function fillPolygon(mask, points, erase) {
  if (points.length < 3) return null;
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const area = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  return fillRows(mask, area, erase, (row) => crossings(points, row + 0.5));
}

/**
 * @param {Mask} mask
 * @param {Rect} area
 * @param {boolean} erase
 * @param {(row: number) => number[]} spans where a row goes in and out, in order
 */
function fillRows(mask, area, erase, spans) {
  return mask.change(area, ({ top, bottom }) => {
    for (let row = top; row < bottom; row++) {
      const edges = spans(row);
      for (let at = 0; at + 1 < edges.length; at += 2) {
        const first = Math.max(0, Math.min(mask.width, Math.round(edges[at] ?? 0)));
        const last = Math.max(first, Math.min(mask.width, Math.round(edges[at + 1] ?? 0)));
        mask.data.fill(erase ? 0 : 255, row * mask.width + first, row * mask.width + last);
      }
    }
  });
}

/**
 * @param {Point[]} points
 * @param {number} y
 */
function crossings(points, y) {
  const found = [];
  for (const [at, from] of points.entries()) {
    const to = /** @type {Point} */ (points[(at + 1) % points.length]);
    if (from.y <= y !== to.y <= y) found.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
  }
  return found.sort((one, other) => one - other);
}

/**
 * Fill what is connected with a point and lies on the same side: not painted, or (with `erase`) painted.
 * @param {Mask} mask
 * @param {Point} point
 * @param {boolean} erase
 */
export function fillFrom(mask, point, erase) {
  const { data, width, height } = mask;
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const is = (/** @type {number} */ at) => (data[at] ?? 0) >= 128 === erase;
  if (!is(y * width + x)) return null;
  return mask.change(mask.whole, () => {
    const waiting = [y * width + x];
    for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop()) {
      if (!is(seed)) continue;
      const row = seed - (seed % width);
      let first = seed;
      while (first > row && is(first - 1)) first--;
      let last = seed + 1;
      while (last < row + width && is(last)) last++;
      data.fill(erase ? 0 : 255, first, last);
      for (const off of [-width, width]) {
        if (row + off < 0 || row + off >= data.length) continue;
        let inside = false;
        for (let at = first + off; at < last + off; at++) {
          const same = is(at);
          if (same && !inside) waiting.push(at);
          inside = same;
        }
      }
    }
  });
}

/** @param {Mask} mask */
export const invert = (mask) =>
  mask.change(mask.whole, () => {
    for (let at = 0; at < mask.data.length; at++) mask.data[at] = 255 - (mask.data[at] ?? 0);
  });

/** @param {Mask} mask */
export const clear = (mask) => mask.change(mask.whole, () => mask.data.fill(0));

/**
 * Put in a mask of the same size that was made elsewhere.
 * @param {Mask} mask
 * @param {Uint8Array} data
 */
export const replace = (mask, data) => mask.change(mask.whole, () => mask.data.set(data));

/**
 * Make the edges soft over about `radius` pixels to each side: three averages are nearly a Gaussian.
 * @param {Mask} mask
 * @param {number} radius
 */
export function feather(mask, radius) {
  const painted = bounds(mask);
  if (!painted || radius < 1) return null;
  const area = {
    left: painted.left - radius,
    top: painted.top - radius,
    right: painted.right + radius,
    bottom: painted.bottom + radius,
  };
  return mask.change(area, (rect) => {
    const wide = rect.right - rect.left;
    const high = rect.bottom - rect.top;
    for (const reach of thirds(radius)) {
      for (let y = rect.top; y < rect.bottom; y++) averageRow(mask.data, y * mask.width + rect.left, wide, reach);
      // Columns side by side: one alone would fetch a row of the memory for each of its pixels
      for (let x = 0; x < wide; x += BLOCK)
        averageColumns(mask, rect.top * mask.width + rect.left + x, high, reach, Math.min(BLOCK, wide - x));
    }
  });
}

/** Three reaches that make up the radius. @param {number} radius */
const thirds = (radius) => [0, 1, 2].map((part) => Math.floor((Math.round(radius) + part) / 3)).filter(Boolean);

/**
 * Replace each value of a row by the average of its neighbours; beyond its ends the last value goes on.
 * @param {Uint8Array} data
 * @param {number} start where the row begins
 * @param {number} count
 * @param {number} reach
 */
function averageRow(data, start, count, reach) {
  const line = new Uint8Array(count + 2 * reach + 1);
  line.fill(data[start] ?? 0, 0, reach);
  line.set(data.subarray(start, start + count), reach);
  line.fill(data[start + count - 1] ?? 0, reach + count);
  const size = 2 * reach + 1;
  let sum = 0;
  for (let at = 0; at < size; at++) sum += line[at] ?? 0;
  for (let at = 0; at < count; at++) {
    data[start + at] = sum / size + 0.5;
    sum += (line[at + size] ?? 0) - (line[at] ?? 0);
  }
}

/**
 * The same for some columns beside each other.
 * @param {Mask} mask
 * @param {number} start where the first column begins
 * @param {number} count of values in a column
 * @param {number} reach
 * @param {number} columns
 */
function averageColumns({ data, width }, start, count, reach, columns) {
  const before = new Uint8Array(count * columns);
  for (let at = 0, from = start; at < count; at++, from += width)
    before.set(data.subarray(from, from + columns), at * columns);
  const row = (/** @type {number} */ at) => Math.max(0, Math.min(count - 1, at)) * columns;
  const sums = new Uint32Array(columns);
  for (let at = -reach; at <= reach; at++)
    for (let column = 0, from = row(at); column < columns; column++)
      sums[column] = (sums[column] ?? 0) + (before[from + column] ?? 0);
  const size = 2 * reach + 1;
  for (let at = 0, to = start; at < count; at++, to += width) {
    const enters = row(at + reach + 1);
    const leaves = row(at - reach);
    for (let column = 0; column < columns; column++) {
      const sum = sums[column] ?? 0;
      data[to + column] = sum / size + 0.5;
      sums[column] = sum + (before[enters + column] ?? 0) - (before[leaves + column] ?? 0);
    }
  }
}

/** @param {Mask} mask @returns {Rect | null} what holds all that is painted */
export function bounds({ data, width, height }) {
  // Plain loops: a call for each pixel of a large mask keeps the page for a quarter of a second
  const rect = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let left = 0;
    while (left < width && !data[row + left]) left++;
    if (left === width) continue;
    let right = width;
    while (!data[row + right - 1]) right--;
    rect.left = Math.min(rect.left, left);
    rect.top = Math.min(rect.top, y);
    rect.right = Math.max(rect.right, right);
    rect.bottom = y + 1;
  }
  return rect.right ? rect : null;
}

/** @param {Rect} rect */
const rounded = ({ left, top, right, bottom }) => ({
  left: Math.round(left),
  top: Math.round(top),
  right: Math.round(right),
  bottom: Math.round(bottom),
});
