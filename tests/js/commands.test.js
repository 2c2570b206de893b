import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting } from "../../static/app/lib/commands.js";

globalThis.navigator ??= { platform: "Linux" };
const { asksForCommands, isComposing } = await import("../../static/app/lib/shortcuts.js");
const press = (key, change = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...change,
});

test("a command fits when its name has all the words, in any order and case", () => {
  const commands = [{ label: "Folder and tags" }, { label: "Folders" }, { label: "Branches" }];
  const labels = (query) => fitting(commands, query).map(({ label }) => label);
  assert.deepEqual(labels("TAGS fold"), ["Folder and tags"]);
  assert.deepEqual(labels(" "), ["Folder and tags", "Folders", "Branches"]);
  assert.deepEqual(labels("nothing"), []);
});

test("Ctrl K asks for the commands, and no key that an input method or another shortcut has", () => {
  assert.ok(asksForCommands(press("k", { ctrlKey: true })));
  assert.ok(asksForCommands(press("K", { ctrlKey: true })));
  for (const other of [{}, { ctrlKey: true, shiftKey: true }, { ctrlKey: true, altKey: true }, { metaKey: true }]) {
    assert.ok(!asksForCommands(press("k", other)));
  }
  assert.ok(!asksForCommands(press("k", { ctrlKey: true, isComposing: true })));
  assert.ok(isComposing({ isComposing: false, keyCode: 229 }));
});
