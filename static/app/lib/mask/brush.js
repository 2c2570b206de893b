// A round brush drawn along a line. Hard inside, soft towards its edge; what it passes twice does not add up.

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {{ x: number, y: number }} Point in pixels of the picture */
/** @typedef {{ radius: number, hardness: number, erase: boolean }} Brush hardness from 0 to 1 */

/**
 * Draw from one point to another; return what may look different.
 * @param {Mask} mask
 * @param {Point} from
 * @param {Point} to
 * @param {Brush} brush
 * @returns {Rect | null}
 */
export function drawLine(mask, from, to, { radius, hardness, erase }) {
  const outer = Math.max(0.5, radius) + 0.5;
  const inner = Math.max(0, Math.min(outer - 1, radius * hardness));
  const area = {
    left: Math.min(from.x, to.x) - outer,
    top: Math.min(from.y, to.y) - outer,
    right: Math.max(from.x, to.x) + outer,
    bottom: Math.max(from.y, to.y) + outer,
  };
  return mask.change(area, ({ left, top, right, bottom }) => {
    for (let y = top; y < bottom; y++) {
      const [start, end] = span(from, to, y + 0.5, outer);
      const first = Math.max(left, Math.floor(start));
      const last = Math.min(right, Math.ceil(end));
      // What lies well inside is filled at once: of a large brush only the rim is reckoned
      const [hardStart, hardEnd] = span(from, to, y + 0.5, inner);
      const hardFirst = Math.min(last, Math.max(first, Math.ceil(hardStart - 0.5)));
      const hardLast = Math.max(hardFirst, Math.min(last, Math.floor(hardEnd + 0.5)));
      const row = y * mask.width;
      const rim = { from, to, y: y + 0.5, inner, outer, erase };
      if (!(hardStart < hardEnd)) {
        drawRim(mask.data, row, first, last, rim);
        continue;
      }
      drawRim(mask.data, row, first, hardFirst, rim);
      mask.data.fill(erase ? 0 : 255, row + hardFirst, row + hardLast);
      drawRim(mask.data, row, hardLast, last, rim);
    }
  });
}

/**
 * @param {Uint8Array} data
 * @param {number} row where the row begins in the data
 * @param {number} first
 * @param {number} last
 * @param {{ from: Point, to: Point, y: number, inner: number, outer: number, erase: boolean }} line
 */
function drawRim(data, row, first, last, { from, to, y, inner, outer, erase }) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy || 1;
  const py = y - from.y;
  const fall = 255 / (outer - inner);
  for (let x = first; x < last; x++) {
    const px = x + 0.5 - from.x;
    const along = Math.max(0, Math.min(1, (px * dx + py * dy) / length));
    const offX = px - along * dx;
    const offY = py - along * dy;
    // Math.hypot is many times slower
    const cover = Math.min(255, Math.max(0, (outer - Math.sqrt(offX * offX + offY * offY)) * fall + 0.5)) | 0;
    const before = data[row + x] ?? 0;
    if (erase) data[row + x] = Math.min(before, 255 - cover);
    else if (cover > before) data[row + x] = cover;
  }
}

/**
 * Where a row meets what is nearer than `reach` to the line; an empty span is [Infinity, -Infinity].
 * @param {Point} from
 * @param {Point} to
 * @param {number} y
 * @param {number} reach
 * @returns {[number, number]}
 */
function span(from, to, y, reach) {
  let start = Infinity;
  let end = -Infinity;
  const meet = (/** @type {number} */ x, half = 0) => {
    start = Math.min(start, x - half);
    end = Math.max(end, x + half);
  };
  for (const point of [from, to]) {
    const off = y - point.y;
    if (Math.abs(off) <= reach) meet(point.x, Math.sqrt(reach * reach - off * off));
  }
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy);
  if (length === 0 || dy === 0) return [start, end];
  for (const side of [reach, -reach]) {
    const offX = (-dy / length) * side;
    const offY = (dx / length) * side;
    const along = (y - from.y - offY) / dy;
    if (along >= 0 && along <= 1) meet(from.x + offX + along * dx);
  }
  return [start, end];
}
