import assert from "node:assert/strict";
import { test } from "node:test";
import { fromField, optionOf, toField } from "../../static/app/lib/options.js";

/** @param {string} value @param {string} [kind] */
const field = (value, kind) => ({ value, dataset: kind ? { kind } : {} });

test("an option is found by its path, also where nothing is set", () => {
  assert.equal(optionOf({ reasoning: { effort: "low" } }, "reasoning.effort"), "low");
  assert.equal(optionOf({ temperature: 0 }, "temperature"), 0);
  assert.equal(optionOf({}, "reasoning.effort"), undefined);
  assert.equal(optionOf({ reasoning: null }, "reasoning.effort"), undefined);
});

test("a field says numbers as numbers, in either spelling, and hands on what is none", () => {
  assert.equal(fromField(field("0.7", "number")), 0.7);
  assert.equal(fromField(field(" 0,7 ", "number")), 0.7);
  assert.equal(fromField(field("hot", "number")), "hot");
  assert.equal(fromField(field("  ", "number")), null);
});

test("a field says yes, no, or nothing", () => {
  assert.deepEqual([fromField(field("true", "flag")), fromField(field("false", "flag"))], [true, false]);
  assert.equal(fromField(field("", "flag")), null);
});

test("pairs are written a line each and come back the same", () => {
  const control = field("", "pairs");
  toField(control, { team: "light", case: "a: b" });
  assert.equal(control.value, "team: light\ncase: a: b");
  assert.deepEqual(fromField(control), { team: "light", case: "a: b" });
  assert.equal(fromField(field("no pair at all", "pairs")), "no pair at all");
});

test("what is not set leaves the field empty", () => {
  for (const value of [undefined, null]) {
    const control = field("old");
    toField(control, value);
    assert.equal(control.value, "");
  }
  const control = field("old");
  toField(control, 0);
  assert.equal(control.value, "0");
});
