import assert from "node:assert/strict";
import { test } from "node:test";
import { lockWords } from "../../static/app/lib/lock-words.js";

const done = {
  state: "done",
  problem: "",
  changed: 0.516,
  feather: 12,
  scaled: false,
  made: { width: 64, height: 48 },
};

test("what the model had changed is said as a share, however small", () => {
  assert.match(lockWords(done), /had changed 52 % of the pixels outside the mask. None of them is changed here./);
  assert.match(lockWords({ ...done, changed: 0.0043 }), /0.43 %/);
  assert.match(lockWords({ ...done, changed: 0.00001 }), /less than 0.01 %/);
  assert.match(lockWords({ ...done, changed: 0 }), /nothing outside it was changed/);
});

test("a picture that was scaled says so, and one that could not be locked says why", () => {
  assert.match(lockWords({ ...done, scaled: true }), /64 × 48 pixels was scaled/);
  assert.equal(lockWords({ ...done, state: "failed", problem: "It has another shape." }), "It has another shape.");
});
