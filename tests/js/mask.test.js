import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { drawLine } from "../../static/app/lib/mask/brush.js";
import { TileHistory } from "../../static/app/lib/mask/history.js";
import { Mask } from "../../static/app/lib/mask/mask.js";
import { paint, windowRect } from "../../static/app/lib/mask/overlay.js";
import { fromPixels, toPng } from "../../static/app/lib/mask/png.js";
import * as shapes from "../../static/app/lib/mask/shapes.js";
import { fitted, moved, pinched, toPicture, zoomed } from "../../static/app/lib/mask/view.js";

const HARD = { radius: 10, hardness: 1, erase: false };
const at = (mask, x, y) => mask.data[y * mask.width + x];
const painted = (mask) => mask.data.reduce((count, value) => count + (value >= 128), 0);
const square = (left, top, right, bottom) => ({ left, top, right, bottom });

test("a dab of the brush is a disc, and nothing beside it", () => {
  const mask = new Mask(64, 64);
  assert.deepEqual(drawLine(mask, { x: 32, y: 32 }, { x: 32, y: 32 }, HARD), square(21, 21, 43, 43));
  assert.ok(Math.abs(painted(mask) - Math.PI * 100) < 12);
  assert.equal(at(mask, 32, 32), 255);
  assert.equal(at(mask, 24, 24), 0);
});

test("a line is as wide as the brush all along, whichever way it goes", () => {
  for (const to of [
    { x: 90, y: 20 },
    { x: 20, y: 90 },
    { x: 90, y: 90 },
    { x: 20.5, y: 88 },
  ]) {
    const mask = new Mask(128, 128);
    drawLine(mask, { x: 20, y: 20 }, to, HARD);
    const length = Math.hypot(to.x - 20, to.y - 20);
    assert.ok(Math.abs(painted(mask) - (length * 20 + Math.PI * 100)) < 60);
    assert.equal(at(mask, Math.round((20 + to.x) / 2), Math.round((20 + to.y) / 2)), 255);
  }
});

test("a soft brush fades towards its edge, and passing twice adds nothing", () => {
  const mask = new Mask(64, 64);
  const soft = { radius: 20, hardness: 0.2, erase: false };
  drawLine(mask, { x: 32, y: 32 }, { x: 32, y: 32 }, soft);
  const before = mask.data.slice();
  assert.ok(at(mask, 32, 32) > at(mask, 42, 32) && at(mask, 42, 32) > at(mask, 50, 32));
  drawLine(mask, { x: 32, y: 32 }, { x: 32, y: 32 }, soft);
  assert.deepEqual(mask.data, before);
});

test("the eraser takes away what the brush put there", () => {
  const mask = new Mask(64, 64);
  shapes.fillRectangle(mask, mask.whole, false);
  drawLine(mask, { x: 32, y: 32 }, { x: 32, y: 32 }, { ...HARD, erase: true });
  assert.equal(at(mask, 32, 32), 0);
  assert.equal(at(mask, 5, 5), 255);
});

test("a stroke that leaves the picture changes only what is on it", () => {
  const mask = new Mask(32, 32);
  assert.deepEqual(drawLine(mask, { x: -50, y: 16 }, { x: 80, y: 16 }, HARD), square(0, 5, 32, 27));
  assert.equal(drawLine(mask, { x: -50, y: -50 }, { x: -40, y: -50 }, HARD), null);
});

test("rectangles, ellipses and lassos fill what they enclose, or take it away", () => {
  const mask = new Mask(100, 100);
  shapes.fillRectangle(mask, square(10, 20, 30, 50), false);
  assert.equal(painted(mask), 600);
  shapes.fillRectangle(mask, square(10, 20, 20, 50), true);
  assert.equal(painted(mask), 300);
  shapes.clear(mask);
  shapes.fillEllipse(mask, square(10, 10, 90, 50), false);
  assert.ok(Math.abs(painted(mask) - Math.PI * 40 * 20) < 60);
  shapes.clear(mask);
  shapes.fillPolygon(
    mask,
    [
      { x: 0, y: 0 },
      { x: 80, y: 0 },
      { x: 0, y: 80 },
    ],
    false,
  );
  assert.ok(Math.abs(painted(mask) - 3200) < 90);
  assert.equal(
    shapes.fillPolygon(
      mask,
      [
        { x: 0, y: 0 },
        { x: 80, y: 0 },
      ],
      false,
    ),
    null,
  );
});

test("fill stops at what is painted", () => {
  const mask = new Mask(60, 60);
  shapes.fillRectangle(mask, square(10, 10, 50, 50), false);
  shapes.fillRectangle(mask, square(15, 15, 45, 45), true);
  shapes.fillFrom(mask, { x: 30, y: 30 }, false);
  assert.equal(painted(mask), 1600);
  shapes.fillFrom(mask, { x: 30, y: 30 }, true);
  assert.equal(painted(mask), 0);
  assert.equal(shapes.fillFrom(mask, { x: 30, y: 300 }, false), null);
});

test("inverting twice gives the mask back", () => {
  const mask = new Mask(20, 20);
  drawLine(mask, { x: 5, y: 5 }, { x: 12, y: 9 }, { radius: 4, hardness: 0, erase: false });
  const before = mask.data.slice();
  shapes.invert(mask);
  assert.equal(at(mask, 19, 19), 255);
  shapes.invert(mask);
  assert.deepEqual(mask.data, before);
});

test("feathering softens edges, keeps the middle and reaches no further than its radius", () => {
  const mask = new Mask(200, 200);
  shapes.fillRectangle(mask, square(60, 60, 140, 140), false);
  shapes.feather(mask, 12);
  assert.equal(at(mask, 100, 100), 255);
  assert.ok(Math.abs(at(mask, 60, 100) - 128) < 16);
  assert.equal(at(mask, 60 - 14, 100), 0);
  assert.equal(shapes.feather(new Mask(10, 10), 5), null);
});

test("steps are taken back and made again, and a new one forgets those that were taken back", () => {
  const mask = new Mask(600, 600);
  const step = (left) => {
    shapes.fillRectangle(mask, square(left, 0, left + 10, 10), false);
    mask.history.commit();
  };
  step(0);
  step(300);
  assert.deepEqual(mask.history.undo(), square(256, 0, 512, 256));
  assert.equal(painted(mask), 100);
  mask.history.redo();
  assert.equal(painted(mask), 200);
  mask.history.undo();
  mask.history.undo();
  assert.equal(painted(mask), 0);
  assert.equal(mask.history.undo(), null);
  step(500);
  assert.equal(mask.history.canRedo, false);
});

test("a stroke that is given up leaves nothing, and no step", () => {
  const mask = new Mask(64, 64);
  drawLine(mask, { x: 32, y: 32 }, { x: 40, y: 32 }, HARD);
  mask.history.abandon();
  mask.history.commit();
  assert.equal(painted(mask), 0);
  assert.equal(mask.history.canUndo, false);
});

test("the steps of a large picture take bounded memory, and those of one value next to none", () => {
  const mask = new Mask(4096, 4096);
  shapes.fillRectangle(mask, mask.whole, false);
  mask.history.commit();
  assert.ok(mask.history.bytes < 10_000);
  mask.history = new TileHistory(mask, 1_000_000);
  for (let turn = 0; turn < 40; turn++) {
    const y = 100 * turn;
    drawLine(mask, { x: 0, y }, { x: 4096, y }, { ...HARD, erase: true });
    mask.history.commit();
  }
  assert.ok(mask.history.bytes < 1_200_000);
  assert.ok(mask.history.canUndo);
});

test("the file is a PNG with alpha, clear exactly where the picture is to be edited", async () => {
  const mask = new Mask(7, 5);
  shapes.fillRectangle(mask, square(2, 1, 5, 3), false);
  mask.data[0] = 100;
  const bytes = Buffer.from(await (await toPng(mask)).arrayBuffer());
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]], [7, 5, 8, 4]);
  const rows = inflateSync(bytes.subarray(41, 41 + bytes.readUInt32BE(33)));
  const alpha = Array.from({ length: 35 }, (_, pixel) => rows[Math.floor(pixel / 7) * 15 + 2 + (pixel % 7) * 2]);
  assert.deepEqual(
    alpha,
    Array.from(mask.data, (value) => 255 - value),
  );
});

test("an uploaded mask is read by its clear parts, and without any by what is white", () => {
  assert.deepEqual([...fromPixels(new Uint8ClampedArray([9, 9, 9, 0, 255, 255, 255, 255]))], [255, 0]);
  assert.deepEqual([...fromPixels(new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255]))], [255, 0]);
});

test("zooming keeps what is under the pointer, moving keeps the picture in the window", () => {
  const window = { width: 800, height: 600 };
  const picture = { width: 4096, height: 4096 };
  const view = fitted(picture, window);
  assert.ok(picture.height * view.scale <= 600);
  const point = { x: 300, y: 200 };
  const near = toPicture(zoomed(view, 3, point, 0.01), point);
  assert.ok(Math.hypot(near.x - toPicture(view, point).x, near.y - toPicture(view, point).y) < 1e-6);
  assert.equal(moved(view, 99_999, 0, picture, window).x, 752);
  assert.equal(fitted({ width: 10, height: 10 }, window).scale, 1);
});

test("two fingers zoom by their distance and move by their middle", () => {
  const view = { scale: 1, x: 0, y: 0 };
  const before = [
    { x: 100, y: 100 },
    { x: 200, y: 100 },
  ];
  const after = [
    { x: 100, y: 150 },
    { x: 300, y: 150 },
  ];
  assert.deepEqual(pinched(view, before, after, 0.1), { scale: 2, x: -100, y: -50 });
});

test("the overlay draws the rectangle that changed, dashed at the edge and hatched within", () => {
  const mask = new Mask(100, 100);
  const rect = shapes.fillRectangle(mask, square(10, 10, 60, 60), false);
  const view = { scale: 2, x: 5, y: 5 };
  const inWindow = windowRect(rect, view, { width: 500, height: 500 });
  assert.deepEqual(inWindow, square(23, 23, 127, 127));
  const wide = inWindow.right - inWindow.left;
  const pixels = new Uint32Array(wide * wide);
  paint(mask, view, inWindow, pixels);
  assert.equal(pixels[0], 0);
  assert.equal(new Set(pixels.slice(2 * wide + 2, 2 * wide + 80)).size, 2);
  assert.equal(new Set(pixels.slice(50 * wide + 10, 50 * wide + 80)).size, 2);
  assert.equal(windowRect(square(900, 0, 990, 10), view, { width: 500, height: 500 }), null);
});

test("a mask is blank until a single pixel is painted, wherever it is, and its bounds hold that", () => {
  for (const index of [0, 6, 11, 14]) {
    const mask = new Mask(5, 3);
    assert.equal(mask.isBlank, true);
    assert.equal(shapes.bounds(mask), null);
    mask.data[index] = 1;
    assert.equal(mask.isBlank, false);
    const [x, y] = [index % 5, Math.floor(index / 5)];
    assert.deepEqual(shapes.bounds(mask), square(x, y, x + 1, y + 1));
  }
});
