import assert from "node:assert/strict";
import { test } from "node:test";
import { HistoryWindow } from "../../static/app/lib/history-window.js";

const entries = (from, to) => Array.from({ length: to - from }, (_, at) => ({ key: `t${from + at}` }));
const keys = (window, all) => window.cut(all).map(({ key }) => key);

test("it opens at the newest entries", () => {
  assert.equal(keys(new HistoryWindow(), entries(0, 100)).at(-1), "t99");
  assert.ok(keys(new HistoryWindow(), entries(0, 100)).length < 20);
});

test("new entries at the end join it", () => {
  const window = new HistoryWindow();
  const before = keys(window, entries(0, 50));
  assert.deepEqual(keys(window, entries(0, 51)), [...before, "t50"]);
});

test("older entries that arrive are not shown before it grows", () => {
  const window = new HistoryWindow();
  const before = keys(window, entries(30, 60));
  assert.deepEqual(keys(window, entries(0, 60)), before);
  window.grow("up", entries(0, 60));
  assert.equal(keys(window, entries(0, 60)).length, before.length + 10);
});

test("it says when there is nothing more in a direction", () => {
  const window = new HistoryWindow();
  const few = entries(0, 5);
  window.cut(few);
  assert.equal(window.grow("up", few), false);
  assert.equal(window.grow("down", few), false);
});

test("however far somebody reads back, it keeps to its size and finds the way down again", () => {
  const window = new HistoryWindow();
  const all = entries(0, 1000);
  window.cut(all);
  while (window.grow("up", all)) assert.ok(keys(window, all).length <= 150);
  assert.equal(keys(window, all)[0], "t0");
  while (window.grow("down", all)) assert.ok(keys(window, all).length <= 150);
  assert.equal(keys(window, all).at(-1), "t999");
  assert.equal(keys(window, entries(0, 1001)).at(-1), "t1000");
});

test("who reads back is not disturbed by new entries", () => {
  const window = new HistoryWindow();
  const all = entries(0, 1000);
  window.cut(all);
  while (window.grow("up", all));
  const before = keys(window, all);
  assert.deepEqual(keys(window, entries(0, 1005)), before);
  window.toLatest();
  assert.equal(keys(window, entries(0, 1005)).at(-1), "t1004");
});

test("another branch under it shows that branch's newest entries", () => {
  const window = new HistoryWindow();
  window.cut(entries(0, 50));
  const other = [...entries(0, 20), { key: "edited" }];
  assert.equal(keys(window, other).at(-1), "edited");
});

test("it goes to one entry and can grow both ways from there", () => {
  const window = new HistoryWindow();
  const all = entries(0, 100);
  window.showAround("t40", all);
  const shown = keys(window, all);
  assert.ok(shown.indexOf("t40") > 0 && shown.at(-1) !== "t99");
  assert.ok(window.grow("down", all) && window.grow("up", all));
  assert.ok(keys(window, all).length > shown.length);
  window.showAround("t99", all);
  assert.equal(keys(window, entries(0, 101)).at(-1), "t100");
});
