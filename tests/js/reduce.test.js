import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../static/app/lib/reduce.js";

/** @param {any[]} events */
function outputOf(events) {
  const output = [];
  for (const event of events) applyEvent(output, event);
  return output;
}

test("a message grows by its deltas and is replaced by its final form", () => {
  const item = { type: "message", id: "msg_1", role: "assistant", status: "in_progress", content: [] };
  const events = [
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.content_part.added", output_index: 0, content_index: 0, part: { type: "output_text", text: "" } },
    { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "Good " },
    { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "evening" },
  ];
  assert.equal(outputOf(events)[0].content[0].text, "Good evening");
  const done = { ...item, status: "completed", content: [{ type: "output_text", text: "Good evening." }] };
  assert.deepEqual(outputOf([...events, { type: "response.output_item.done", output_index: 0, item: done }]), [done]);
});

test("an event whose item was never announced makes the containers that it needs", () => {
  const output = outputOf([{ type: "response.output_text.delta", output_index: 1, content_index: 2, delta: "late" }]);
  assert.deepEqual(output, [null, { content: [null, null, { text: "late" }] }]);
});

test("the index of the changed item is returned, and nothing where nothing changed", () => {
  assert.equal(applyEvent([], { type: "response.output_item.added", output_index: 3, item: {} }), 3);
  assert.equal(applyEvent([], { type: "response.completed" }), undefined);
});

test("events of an unknown type change nothing", () => {
  assert.deepEqual(outputOf([{ type: "response.hologram.delta", output_index: 0, delta: "x" }]), []);
});

test("a status event sets the status of its item", () => {
  const output = outputOf([{ type: "response.web_search_call.searching", output_index: 0 }]);
  assert.deepEqual(output, [{ status: "searching" }]);
});

test("a partial image takes the place of the one before", () => {
  const partial = (index) => ({
    type: "response.image_generation_call.partial_image",
    output_index: 0,
    partial_image: { url: `/files/${index}/`, index },
  });
  assert.deepEqual(outputOf([partial(0), partial(1)])[0].partial_image, { url: "/files/1/", index: 1 });
});

for (const index of [-1, 1.5, "0", 10_001, null, undefined, Number.NaN, "__proto__"]) {
  test(`an impossible index (${String(index)}) is ignored`, () => {
    const delta = { type: "response.output_text.delta", delta: "x" };
    assert.deepEqual(outputOf([{ ...delta, output_index: index, content_index: 0 }]), []);
    assert.deepEqual(outputOf([{ ...delta, output_index: 0, content_index: index }]), []);
  });
}

test("a delta that is no text is ignored, and one on a list leaves the list", () => {
  const add = { type: "response.output_item.added", output_index: 0, item: { arguments: [] } };
  const delta = { type: "response.function_call_arguments.delta", output_index: 0, delta: "{" };
  assert.deepEqual(outputOf([add, { ...delta, delta: 7 }, delta]), [{ arguments: [] }]);
});
