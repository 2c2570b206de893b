import assert from "node:assert/strict";
import { test } from "node:test";
import { sidesFor } from "../../static/app/lib/mask/canvas-size.js";
import { Hand } from "../../static/app/lib/mask/hand.js";
import { actionOf } from "../../static/app/lib/mask/keys.js";
import { Mask } from "../../static/app/lib/mask/mask.js";
import { Pen } from "../../static/app/lib/mask/pen.js";

const painted = (mask) => mask.data.reduce((count, value) => count + (value >= 128), 0);

/** An easel whose window is the picture itself. */
class FakeEasel {
  mask = new Mask(200, 200);
  pinches = [];
  moves = [];
  window = { focus() {}, setPointerCapture() {}, getBoundingClientRect: () => ({ left: 0, top: 0 }) };
  at = (point) => point;
  changed() {}
  follow() {}
  pinch(before, after) {
    this.pinches.push([before, after]);
  }
  move(dx, dy) {
    this.moves.push([dx, dy]);
  }
}

const event = (x, y, more = {}) => ({
  pointerId: 1,
  pointerType: "mouse",
  pressure: 0.5,
  button: 0,
  shiftKey: false,
  clientX: x,
  clientY: y,
  preventDefault() {},
  ...more,
});

const held = () => {
  const easel = new FakeEasel();
  const pen = new Pen();
  pen.size = 20;
  return { easel, pen, hand: new Hand(easel, pen) };
};

test("a stroke is one step, with all that the browser gathered since the last frame", () => {
  const { easel, hand } = held();
  hand.down(event(50, 50));
  const between = [event(80, 120), event(120, 50)];
  hand.move(event(120, 50, { getCoalescedEvents: () => between }));
  hand.up(event(120, 50));
  assert.equal(easel.mask.data[120 * 200 + 80], 255);
  assert.ok(easel.mask.history.undo());
  assert.equal(painted(easel.mask), 0);
  assert.equal(easel.mask.history.canUndo, false);
});

test("a pen that is pressed lightly draws a thinner line; a mouse always the whole brush", () => {
  const width = (pointerType, pressure) => {
    const { easel, hand } = held();
    hand.down(event(100, 100, { pointerType, pressure }));
    hand.up(event(100, 100));
    return painted(easel.mask);
  };
  assert.ok(width("pen", 0.1) < width("pen", 0.9) / 2);
  assert.equal(width("mouse", 0.1), width("mouse", 0.9));
});

test("a second finger means zooming: what the first has drawn is taken back", () => {
  const { easel, hand } = held();
  hand.down(event(50, 50, { pointerType: "touch" }));
  hand.move(event(60, 60, { pointerType: "touch" }));
  assert.ok(painted(easel.mask) > 0);
  hand.down(event(150, 150, { pointerType: "touch", pointerId: 2 }));
  assert.equal(painted(easel.mask), 0);
  hand.move(event(160, 160, { pointerType: "touch", pointerId: 2 }));
  assert.equal(easel.pinches.length, 1);
  hand.up(event(160, 160, { pointerId: 2 }));
  hand.up(event(60, 60));
  assert.equal(easel.mask.history.canUndo, false);
});

test("with the space bar or the middle button a drag moves the picture", () => {
  const { easel, hand } = held();
  hand.holds = true;
  hand.down(event(10, 10));
  hand.move(event(30, 15));
  hand.up(event(30, 15));
  hand.holds = false;
  hand.down(event(10, 10, { button: 1 }));
  hand.move(event(5, 5));
  assert.deepEqual(easel.moves, [
    [20, 5],
    [-5, -5],
  ]);
  assert.equal(painted(easel.mask), 0);
});

test("shapes are drawn out, squares and circles with the shift key, and can take away", () => {
  const { easel, pen, hand } = held();
  pen.tool = "rectangle";
  hand.down(event(20, 20));
  hand.move(event(100, 60));
  hand.up(event(100, 60));
  assert.equal(painted(easel.mask), 3200);
  pen.takesAway = true;
  hand.down(event(20, 20, { shiftKey: true }));
  hand.move(event(40, 30, { shiftKey: true }));
  assert.deepEqual(pen.area, { left: 20, top: 20, right: 40, bottom: 40 });
  hand.up(event(40, 30));
  assert.equal(painted(easel.mask), 2800);
});

test("a lasso fills what it encloses", () => {
  const { easel, pen, hand } = held();
  pen.tool = "lasso";
  hand.down(event(20, 20));
  for (const [x, y] of [
    [120, 20],
    [120, 120],
    [20, 120],
  ])
    hand.move(event(x, y));
  hand.up(event(20, 120));
  assert.ok(Math.abs(painted(easel.mask) - 10_000) < 250);
});

test("keys are the editor's own, and leave those of the browser alone", () => {
  const press = (key, more = {}) =>
    actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  assert.equal(press("b"), "use-brush");
  assert.equal(press("B", { shiftKey: true }), "use-brush");
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("Z", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(press("r", { ctrlKey: true }), undefined);
  assert.equal(press("ArrowLeft", { altKey: true }), undefined);
});

test("a canvas grows to proportions in steps that image models take, with the picture in its middle", () => {
  assert.deepEqual(sidesFor({ width: 1024, height: 1024 }, 16 / 9), { left: 400, top: 0, right: 400, bottom: 0 });
  assert.deepEqual(sidesFor({ width: 1000, height: 500 }, 1), { left: 4, top: 254, right: 4, bottom: 254 });
});
