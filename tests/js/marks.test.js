import assert from "node:assert/strict";
import { test } from "node:test";
import { Marks, keyOfPlace, placeOfKey } from "../../static/app/lib/marks.js";

const thumb = { item: null, response: 7, emoji: "👍", count: 1, names: ["Bob"] };
const comment = (id, about) => ({ id, about, payload: { content: "Good" } });
const page = (change) => ({ turns: [{ id: 7, input: [{ id: 70 }] }], notes: [], marks: undefined, ...change });

test("a place and its name are the same thing", () => {
  assert.deepEqual(placeOfKey(keyOfPlace({ item: 70 })), { item: 70 });
  assert.deepEqual(placeOfKey(keyOfPlace({ item: null, response: 7 })), { response: 7 });
});

test("a reaction tells how many there are now, and whether one is the viewer's own", () => {
  const marks = new Marks();
  marks.react({ ...thumb, person: 2, on: true }, 1);
  assert.equal(marks.reactions("answer-7")[0].mine, false);
  marks.react({ ...thumb, count: 2, names: ["Bob", "Alice"], person: 1, on: true }, 1);
  assert.deepEqual([marks.reactions("answer-7")[0].count, marks.reactions("answer-7")[0].mine], [2, true]);
  marks.react({ ...thumb, person: 2, on: false }, 1);
  assert.equal(marks.reactions("answer-7")[0].mine, true);
  marks.react({ ...thumb, count: 0, names: [], person: 1, on: false }, 1);
  assert.deepEqual(marks.reactions("answer-7"), []);
});

test("a comment is there once, and goes wherever it stood", () => {
  const marks = new Marks();
  marks.putComment(comment(3, { item: 70 }));
  marks.putComment(comment(3, { item: 70 }));
  assert.equal(marks.comments("item-70").length, 1);
  marks.putComment({ id: 3, after: 7 });
  assert.deepEqual(marks.comments("item-70"), []);
});

test("a page takes the place of what was known of its turns", () => {
  const marks = new Marks();
  marks.react({ ...thumb, person: 2, on: true }, 1);
  marks.putComment(comment(3, { item: 70 }));
  marks.bookmark("item-70", true);
  marks.take(page({ notes: [comment(4, { response: 7 })], marks: { reactions: [], bookmarks: [{ response: 7 }] } }));
  assert.deepEqual([marks.reactions("answer-7"), marks.comments("item-70")], [[], []]);
  assert.deepEqual([marks.isBookmarked("item-70"), marks.isBookmarked("answer-7")], [false, true]);
  assert.deepEqual(
    marks.comments("answer-7").map(({ id }) => id),
    [4],
  );
});
