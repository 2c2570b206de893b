import assert from "node:assert/strict";
import { test } from "node:test";
import { StudioStore } from "../../static/app/lib/studio-store.js";
import { costOf, estimate, placeOf, promptOf, versionsOf, whyNone } from "../../static/app/lib/versions.js";

const MAKER = {
  name: "gpt-image-1",
  label: "gpt-image-1",
  demo: false,
  options: {},
  any_size: false,
  compressed: [],
  partial_images: 3,
  edits: true,
  masks: true,
  partial_price: 0,
  prices: { "low 1024x1024": 0.01, "high 1024x1024": 0.17, "high 1024x1536": 0.25 },
};

/** A turn as the server shows it. */
function turn(id, { previous = null, files = [], said = "", ...more } = {}) {
  const output = files.map((file) => ({
    type: "image_generation_call",
    status: "completed",
    quality: "high",
    size: "1024x1024",
    image: { id: file, url: `/files/${file}/`, width: 64, height: 64 },
  }));
  if (said) output.push({ type: "message", content: [{ type: "output_text", text: said }] });
  const content = [{ type: "input_text", text: `prompt ${id}` }];
  return {
    id,
    previous,
    branch: id,
    status: "completed",
    model: "gpt-5",
    input: [{ role: "user", payload: { content } }],
    output,
    error: null,
    incomplete: null,
    cost: 0.001,
    remarks: [],
    timing: { queued_at: "2026-11-24T10:00:00Z", done_ms: 1000 },
    siblings: [],
    answers: [],
    stream: null,
    making: {},
    pictures: {},
    ...more,
  };
}

const linksOf = (turns) => new Map(turns.map(({ id, previous }) => [id, previous]));
const parents = (turns, links = linksOf(turns)) => versionsOf(turns, links).map(({ id, parent }) => [id, parent]);

/** The state of a page with these turns. */
function state(turns, partials = {}) {
  const links = turns.map(({ id, previous }) => [id, previous]);
  const conversation = { id: "conv_1", title: "", may_write: true };
  return { turns, links, partials, notes: [], position: 5, me: { id: 1 }, makers: [MAKER], conversation };
}

test("a version hangs under the one that it was told to change", () => {
  const turns = [turn(1, { files: ["a"] }), turn(2, { previous: 1, files: ["b"], making: { parent: "a" } })];
  assert.deepEqual(parents(turns), [
    ["a", null],
    ["b", "a"],
  ]);
});

test("a turn of the chat hangs under the last picture on its chain, over talk in between", () => {
  const turns = [turn(1, { files: ["a", "b"] }), turn(4, { previous: 3, files: ["c"] })];
  const links = new Map([
    [1, null],
    [2, 1],
    [3, 2],
    [4, 3],
  ]);
  assert.deepEqual(parents(turns, links), [
    ["a", null],
    ["b", null],
    ["c", "b"],
  ]);
});

test("what was made from an upload or a partial image is a beginning", () => {
  const turns = [turn(1, { files: ["a"] }), turn(2, { previous: 1, files: ["b"], making: { parent: "upload" } })];
  assert.deepEqual(parents(turns), [
    ["a", null],
    ["b", null],
  ]);
});

test("versions are numbered in the order in which they were made, whatever order they came in", () => {
  const turns = [turn(3, { files: ["c"] }), turn(1, { files: ["a"] }), turn(2, { files: ["b"] })];
  assert.deepEqual(
    versionsOf(turns, linksOf(turns)).map(({ id, number }) => [id, number]),
    [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ],
  );
});

test("the server says the number of a version, and what still streams is counted on", () => {
  const said = (file, number) => ({ pictures: { [file]: { name: "", number, liked_by: [], gone: false } } });
  const turns = [
    turn(7, { files: ["a"], ...said("a", 121) }),
    turn(8, { files: ["b"] }),
    turn(9, { files: ["c"], ...said("c", 122) }),
  ];
  assert.deepEqual(
    versionsOf(turns, linksOf(turns)).map(({ number }) => number),
    [121, 122, 123],
  );
});

test("the main version is the last one of the conversation's main branch", () => {
  const turns = [turn(1, { files: ["a"] }), turn(2, { branch: 1, files: ["b"] }), turn(3, { files: ["c"] })];
  const known = state(turns);
  const main = (branch) => new StudioStore({ ...known, conversation: { ...known.conversation, branch } }).main?.id;
  assert.deepEqual([main(1), main(3), main(9), main(undefined)], ["b", "c", undefined, undefined]);
});

test("a chain that leads into itself ends", () => {
  const links = new Map([
    [1, 2],
    [2, 1],
  ]);
  assert.deepEqual(parents([turn(1, { previous: 2, files: ["a"] })], links), [["a", null]]);
});

test("a picture that forms has its place already", () => {
  const done = [turn(1, { files: ["a"] }), turn(3, { files: ["c"] })];
  const forming = turn(2, { previous: 1, status: "in_progress" });
  const links = linksOf([...done, forming]);
  assert.equal(placeOf(forming, versionsOf(done, links), links), "a");
});

test("a damaged picture is no version, and the page says so", () => {
  const broken = turn(1);
  broken.output.push({ type: "image_generation_call", image: { id: "x", url: "/files/x/" } });
  assert.deepEqual(versionsOf([broken], linksOf([broken])), []);
  assert.match(whyNone(broken), /no picture that can be shown/);
});

test("why no picture came is a sentence", () => {
  assert.equal(whyNone(turn(1, { files: ["a"] })), "");
  assert.equal(whyNone(turn(1, { status: "in_progress" })), "");
  assert.equal(
    whyNone(turn(1, { status: "failed", error: { message: "The filter refused it." } })),
    "The filter refused it.",
  );
  assert.match(whyNone(turn(1, { status: "cancelled" })), /Stopped/);
  assert.match(whyNone(turn(1, { status: "incomplete", incomplete: "content_filter" })), /filter/);
  assert.match(whyNone(turn(1, { said: "I cannot draw that." })), /The model says: I cannot draw that\./);
  assert.match(whyNone(turn(1)), /without a picture/);
});

test("what pictures will cost is their price, or a range where the model chooses", () => {
  assert.deepEqual(estimate(MAKER, { quality: "high", size: "1024x1024", results: 3 }), { low: 0.51, high: 0.51 });
  assert.deepEqual(estimate(MAKER, { quality: "auto", size: "auto", results: 1 }), { low: 0.01, high: 0.25 });
  assert.equal(estimate(MAKER, { quality: "high", size: "2048x2048", results: 1 }), null);
});

test("a size of one's own costs between the priced ones next to it, and partial images cost too", () => {
  const maker = {
    ...MAKER,
    options: { size: ["auto", "1024x1024"] },
    partial_price: 0.003,
    prices: { "high 1024x1024": 0.21, "high 1536x1024": 0.16, "high 2048x2048": 0.43 },
  };
  const cost = (size, partials = 0) => estimate(maker, { quality: "high", size, results: 1, partials });
  assert.deepEqual(cost("1792x1024"), { low: 0.16, high: 0.43 });
  assert.deepEqual(cost("1024x1024", 2), { low: 0.216, high: 0.216 });
  assert.deepEqual(cost("auto"), { low: 0.21, high: 0.21 });
  assert.equal(cost("3840x2160"), null);
});

test("what a turn has cost is its words and its pictures", () => {
  const made = turn(1, { files: ["a", "b"], making: { maker: "gpt-image-1" } });
  assert.equal(costOf(made, [MAKER])?.toFixed(3), "0.341");
  assert.equal(costOf(turn(1, { files: ["a"] }), [MAKER]), null);
});

test("partial images are gathered as they come, and stay when the picture is done", () => {
  const running = turn(1, { status: "in_progress", stream: { epoch: 1, sequence: 0 } });
  const store = new StudioStore(state([running]));
  const partial = (index) => ({
    type: "response.image_generation_call.partial_image",
    output_index: 0,
    partial_image: { id: `p${index}`, url: `/files/p${index}/`, index },
  });
  const added = { type: "response.output_item.added", output_index: 0, item: { type: "image_generation_call" } };
  const heard = [];
  store.addEventListener("change", ({ detail }) => heard.push(detail));
  store.apply([{ type: "stream", response: 1, epoch: 1, sequence: 0, events: [added, partial(0)] }]);
  store.apply([{ type: "stream", response: 1, epoch: 1, sequence: 2, events: [partial(1)] }]);
  assert.deepEqual(
    store.partials.get(1)?.map(({ id }) => id),
    ["p0", "p1"],
  );
  assert.deepEqual(heard, [1, 1]);
  store.apply([{ type: "fact", position: 6, kind: "response.updated", turn: turn(1, { files: ["a"] }) }]);
  assert.deepEqual(
    store.versions.map(({ id }) => id),
    ["a"],
  );
  assert.equal(store.partials.get(1)?.length, 2);
});

test("a page that missed a fact connects anew, and what is only said in the chat is no version", () => {
  const store = new StudioStore(state([turn(1, { files: ["a"] })]));
  let gaps = 0;
  store.addEventListener("gap", () => gaps++);
  store.apply([{ type: "fact", position: 8, kind: "response.updated", turn: turn(2, { previous: 1, said: "Yes." }) }]);
  assert.equal(gaps, 1);
  store.apply([{ type: "fact", position: 6, kind: "response.updated", turn: turn(2, { previous: 1, said: "Yes." }) }]);
  assert.deepEqual([...store.turns.keys()], [1]);
  store.apply([{ type: "fact", position: 7, kind: "response.updated", turn: turn(3, { previous: 2, files: ["b"] }) }]);
  assert.deepEqual(
    store.versions.map(({ parent }) => parent),
    [null, "a"],
  );
});

test("a prompt is the words of its message", () => assert.equal(promptOf(turn(7)), "prompt 7"));

test("a comment stands at the picture that it was said of, and goes when it is taken away", () => {
  const made = turn(1, { files: ["a", "b"] });
  made.output.forEach((item, index) => (item.id = `ig_${index}`));
  const store = new StudioStore(state([made]));
  const note = { id: 9, about: { response: 1, output: "ig_1" }, payload: { content: [] } };
  store.apply([{ type: "fact", position: 6, kind: "note.created", note }]);
  assert.deepEqual(
    store.versions.map((version) => store.commentsOf(version).length),
    [0, 1],
  );
  store.apply([{ type: "fact", position: 7, kind: "note.deleted", note: { id: 9, after: 1 } }]);
  assert.equal(store.commentsOf(store.versions[1]).length, 0);
});
