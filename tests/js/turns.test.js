import assert from "node:assert/strict";
import { test } from "node:test";
import { changesWork } from "../../static/app/lib/turns.js";

const me = { id: 1 };
const fact = (status, author) => ({ type: "fact", turn: { status, input: [{ author: { id: author } }] } });

test("the end of an answer to one's own message, and a notice, change what stands beside the page", () => {
  assert.equal(changesWork(fact("completed", 1), me), true);
  assert.equal(changesWork({ type: "notices" }, me), true);
});

test("what others ask for, what still runs and words that stream change nothing there", () => {
  assert.equal(changesWork(fact("completed", 2), me), false);
  assert.equal(changesWork(fact("in_progress", 1), me), false);
  assert.equal(changesWork({ type: "fact" }, me), false);
  assert.equal(changesWork({ type: "stream" }, me), false);
});
