// The rule that finds words for people that nobody has marked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Linter } from "eslint";
import rule from "../../scripts/marked-words.js";

const plugins = { salon: { rules: { "marked-words": rule } } };

/** @param {string} code */
const found = (code) =>
  new Linter().verify(code, { plugins, rules: { "salon/marked-words": "error" } }).map(({ messageId }) => messageId);

const UNMARKED = [
  'say("Saved");',
  'say("It lies in another folder now.");',
  'label.textContent = "sent";',
  "button.ariaLabel = `Remove ${name}`;",
  'image.alt = known ? "" : "picture";',
  'const STATES = { failed: "The answer failed" };',
  "return `${count} more`;",
  'throw new CallFailed("No connection", 0);',
  'facts.push(["Parent", parent]);',
];
for (const code of UNMARKED)
  test(`unmarked: ${code}`, () =>
    assert.deepEqual(found(code.replace(/^return (.*)/, "const words = $1")), ["unmarked"]));

const FINE = [
  'say(gettext("Saved"));',
  'say(gettext("Remove %(name)s", { name }));',
  'document.querySelector("main [data-ref=words]");',
  'element.className = "row small muted";',
  "lamp.className = `lamp ${running ? 'lit' : 'off'}`;",
  'if (event.key === "Escape") leave();',
  'switch (event.key) { case "Enter": send(); }',
  'const headers = { "Content-Type": "application/json" };',
  "const url = `/files/${id}/preview/`;",
  'import { thing } from "./Thing of ours.js";',
  'form.textContent = "JSON";',
];
for (const code of FINE) test(`fine: ${code}`, () => assert.deepEqual(found(code), []));

test("what is marked is written out", () => {
  assert.deepEqual(found("say(gettext(words));"), ["made"]);
  assert.deepEqual(found("say(gettext(`Remove ${name}`));"), ["made"]);
});
