import assert from "node:assert/strict";
import { test } from "node:test";
import { companyWords } from "../../static/app/lib/company.js";
import { typedMention, withMention } from "../../static/app/lib/mentions.js";

const person = (id, name) => ({ id, name, initial: name[0], hue: 1, avatar: null });
const [alice, bob, carol, dan] = ["Alice", "Bob", "Carol", "Dan"].map((name, index) => person(index + 1, name));

test("what is typed behind an @ is found at the caret, and an address is none", () => {
  assert.deepEqual(typedMention("Hello @bo", 9), { start: 6, query: "bo" });
  assert.deepEqual(typedMention("@", 1), { start: 0, query: "" });
  assert.deepEqual(typedMention("(@Ann L", 7), { start: 1, query: "Ann L" });
  for (const text of ["bob@ex", "@ bo", "a.@b", "@@bob", "no", "@bob\nnext"]) {
    assert.equal(typedMention(text, text.length), undefined, text);
  }
});

test("a name takes the place of what was typed, with one space behind it", () => {
  assert.deepEqual(withMention("Hi @bo", 3, 6, "Bob"), { text: "Hi @Bob ", caret: 8 });
  assert.deepEqual(withMention("Hi @bo there", 3, 6, "Bob"), { text: "Hi @Bob there", caret: 7 });
});

test("who is here is said without oneself, and who writes comes first", () => {
  const words = (people, writing = [], count = people.length) =>
    companyWords({ count, people, writing: writing.map(([who, to]) => ({ person: who, to })) }, alice.id).text;
  assert.equal(words([alice]), "");
  assert.equal(words([alice, bob]), "Bob is here");
  assert.equal(words([alice, bob, carol]), "Bob and Carol are here");
  assert.equal(words([alice, bob, carol, dan], [], 40), "39 others are here");
  assert.equal(words([alice, bob], [[alice, "people"]]), "Bob is here");
  assert.equal(words([alice, bob], [[bob, "model"]]), "Bob is asking the model");
  assert.equal(
    words(
      [alice, bob, carol],
      [
        [bob, "model"],
        [carol, "people"],
      ],
    ),
    "Bob and Carol are writing",
  );
  assert.equal(
    words(
      [alice],
      [bob, carol, dan].map((who) => [who, "people"]),
      4,
    ),
    "Several people are writing",
  );
});
