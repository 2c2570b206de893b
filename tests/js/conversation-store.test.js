import assert from "node:assert/strict";
import { test } from "node:test";
import { ConversationStore } from "../../static/app/lib/conversation-store.js";
import { ScriptedConversation } from "./scripted-conversation.js";

/** What a person sees of a store. */
const seen = (store) => ({
  branch: store.branch,
  title: store.conversation.title,
  running: store.running.map((turn) => turn.id),
  turns: store.path.map(({ id, status, output, siblings, answers }) => ({ id, status, output, siblings, answers })),
});
const textOf = (store, id) => store.turn(id).output[0].content[0].text;
const pending = (clientId, edits = null) => ({ client_id: clientId, text: "Hello", edits, state: "sending" });

function begun() {
  const server = new ScriptedConversation();
  const store = new ConversationStore(server.state());
  return { server, store };
}

test("a turn that others began appears, streams and ends", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply(frames);
  store.apply(server.start(id));
  store.apply(server.speak(id, ["Good ", "evening"]));
  assert.equal(textOf(store, id), "Good evening");
  assert.deepEqual(store.running, [store.turn(id)]);
  store.apply(server.end(id, "completed"));
  assert.deepEqual(store.running, []);
});

test("waiting for a busy provider is shown until it speaks", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply(frames);
  store.apply([{ type: "waiting", response: id, seconds: 2.5, message: "The model provider is busy." }]);
  assert.equal(store.turn(id).asked_again_in, 2.5);
  store.apply(server.start(id));
  store.apply(server.speak(id, ["Good evening"]));
  assert.equal(store.turn(id).asked_again_in, undefined);
});

test("the final output replaces what was streamed", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply([...frames, ...server.start(id), ...server.speak(id, ["Draft"])]);
  server.streams.get(id).output[0].content[0].text = "Final";
  store.apply(server.end(id, "completed"));
  assert.equal(textOf(store, id), "Final");
});

test("an own message is replaced by its turn when the fact comes before the answer of the call", () => {
  const { server, store } = begun();
  store.addPending(pending("mine"));
  assert.deepEqual(
    store.entries.map((entry) => entry.key),
    ["mine"],
  );
  const { id, branch, frames } = server.send({ clientId: "mine" });
  store.apply(frames);
  assert.equal(store.pending.length, 0);
  store.accept(server.turn(id), branch);
  assert.deepEqual(
    store.entries.map((entry) => entry.key),
    ["mine"],
  );
});

test("an own message is replaced by its turn when the answer of the call comes before the fact", () => {
  const { server, store } = begun();
  store.addPending(pending("mine"));
  const { id, branch, frames } = server.send({ clientId: "mine" });
  store.accept(server.turn(id), branch);
  store.apply(frames);
  assert.deepEqual(
    store.entries.map((entry) => entry.key),
    ["mine"],
  );
});

test("an answer of a call that comes late does not take back what has streamed", () => {
  const { server, store } = begun();
  const { id, branch, frames } = server.send();
  const early = server.turn(id);
  store.apply([...frames, ...server.start(id), ...server.speak(id, ["ahead"])]);
  store.accept(early, branch);
  assert.equal(textOf(store, id), "ahead");
  assert.equal(store.turn(id).status, "in_progress");
});

test("events that came already are skipped, the new ones of the same frame are not", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply([...frames, ...server.start(id)]);
  const [first] = server.speak(id, ["a"]);
  const [second] = server.speak(id, ["b"]);
  store.apply([first, first, { ...first, events: [...first.events, ...second.events] }, second]);
  assert.equal(textOf(store, id), "ab");
});

test("a gap in a stream asks once for a snapshot and goes on from it", () => {
  const { server, store } = begun();
  const asked = [];
  store.addEventListener("resync", (event) => asked.push(event.detail));
  const { id, frames } = server.send();
  store.apply([...frames, ...server.start(id)]);
  server.speak(id, ["lost "]);
  store.apply([...server.speak(id, ["and "]), ...server.speak(id, ["then "])]);
  assert.deepEqual(asked, [id]);
  store.apply(server.snapshot(id));
  store.apply(server.speak(id, ["found"]));
  assert.equal(textOf(store, id), "lost and then found");
});

test("a newer epoch is taken over only with its snapshot, and the older one is not heard any more", () => {
  const { server, store } = begun();
  const asked = [];
  store.addEventListener("resync", (event) => asked.push(event.detail));
  const { id, frames } = server.send();
  store.apply([...frames, ...server.start(id), ...server.speak(id, ["1234"])]);
  const [stale] = server.speak(id, ["gone"]);
  const snapshot = server.recover(id);
  store.apply(server.speak(id, ["5"]));
  assert.deepEqual(asked, [id]);
  store.apply([...snapshot, stale]);
  store.apply(server.snapshot(id));
  assert.equal(textOf(store, id), server.turn(id).output[0].content[0].text);
});

test("the first event of a later epoch is not mistaken for the beginning", () => {
  const { server, store } = begun();
  const asked = [];
  store.addEventListener("resync", (event) => asked.push(event.detail));
  const { id, frames } = server.send();
  store.apply(frames);
  server.start(id);
  server.speak(id, ["said before"]);
  server.recover(id);
  store.apply(server.speak(id, [" and after"]));
  assert.deepEqual(asked, [id]);
});

test("a snapshot that comes late does not take words back", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply([...frames, ...server.start(id), ...server.speak(id, ["one "])]);
  const old = server.snapshot(id);
  store.apply([...server.speak(id, ["two"]), ...old]);
  assert.equal(textOf(store, id), "one two");
});

test("a fact that comes again changes nothing and leaves no gap before the next", () => {
  const { server, store } = begun();
  let gaps = 0;
  store.addEventListener("gap", () => gaps++);
  const first = server.rename("first");
  store.apply([...first, ...server.rename("second"), ...first]);
  assert.equal(store.conversation.title, "second");
  store.apply(server.rename("third"));
  assert.deepEqual([gaps, store.conversation.title], [0, "third"]);
});

test("a missing fact asks for another connection and is not skipped", () => {
  const { server, store } = begun();
  let gaps = 0;
  store.addEventListener("gap", () => gaps++);
  server.rename("lost");
  const { frames } = server.send();
  store.apply(frames);
  assert.equal(gaps, 1);
  assert.equal(store.path.length, 0);
  store.apply(server.replay(store.position));
  assert.equal(store.path.length, 1);
  assert.equal(store.conversation.title, "lost");
});

test("who looks at the main line follows it to an edited message", () => {
  const { server, store } = begun();
  const first = server.send();
  const second = server.send();
  store.apply([...first.frames, ...second.frames]);
  const edited = server.send({ edits: second.id });
  store.apply(edited.frames);
  assert.deepEqual(
    store.path.map((turn) => turn.id),
    [first.id, edited.id],
  );
  assert.deepEqual(
    store.turn(edited.id).siblings.map((sibling) => sibling.id),
    [second.id, edited.id],
  );
});

test("who looks at another branch stays there and sees that there is one more wording", () => {
  const { server } = begun();
  const first = server.send();
  const edited = server.send({ edits: first.id });
  const store = new ConversationStore(server.state(first.branch));
  const third = server.send({ edits: first.id });
  store.apply(third.frames);
  assert.equal(store.branch, first.branch);
  assert.deepEqual(
    store.path[0].siblings.map((sibling) => sibling.id),
    [first.id, edited.id, third.id],
  );
});

test("a main line that hangs on turns that are not here is fetched", () => {
  const { server } = begun();
  for (let count = 0; count < 4; count++) server.send();
  const state = server.state();
  const store = new ConversationStore({ ...state, turns: state.turns.slice(-1), before: 4 });
  let asked = 0;
  store.addEventListener("switch", () => asked++);
  store.apply(server.send({ edits: 2 }).frames);
  assert.equal(asked, 1);
  store.show(server.page(store.branch));
  assert.deepEqual(
    store.path.map((turn) => turn.id),
    [1, 5],
  );
});

test("an edited message hides what follows its first wording, until it is sent or taken back", () => {
  const { server, store } = begun();
  store.apply([...server.send().frames, ...server.send().frames]);
  store.addPending(pending("edit", 1));
  assert.deepEqual(
    store.entries.map((entry) => entry.key),
    ["edit"],
  );
  store.dropPending("edit");
  assert.equal(store.entries.length, 2);
});

test("a fact about the conversation keeps what only this member has of it", () => {
  const { server, store } = begun();
  store.apply(server.rename("Lamps"));
  assert.equal(store.conversation.title, "Lamps");
  assert.equal(store.conversation.may_write, true);
});

/** A stream of numbers that is the same for the same seed. */
function chance(seed) {
  let state = seed * 2654435761 + 1;
  return (most) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * most);
  };
}

test("stale state and frames are fresh state, whatever is lost, doubled or late", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const pick = chance(seed);
    const { server, store } = begun();
    /** @type {(() => void)[]} */ const late = [];
    store.addEventListener("resync", ({ detail }) => late.push(() => store.apply(server.snapshot(detail))));
    store.addEventListener("gap", () => late.push(() => store.apply(server.replay(store.position))));
    store.addEventListener("switch", () => {
      const page = server.page(store.branch);
      late.push(() => store.show(page));
    });
    for (let step = 0; step < 60; step++) {
      const frames = happen(server, store, pick, late);
      for (const frame of frames) {
        const fate = pick(10);
        if (fate > 0) store.apply([structuredClone(frame)]);
        if (fate === 1) store.apply([structuredClone(frame)]);
      }
      if (pick(3) === 0) late.splice(pick(late.length), 1)[0]?.();
    }
    for (let rounds = 0; late.length && rounds < 100; rounds++) late.shift()?.();
    store.apply(server.replay(store.position));
    for (let rounds = 0; late.length && rounds < 100; rounds++) late.shift()?.();
    const fresh = new ConversationStore(server.state(store.branch));
    assert.deepEqual(seen(store), seen(fresh), `seed ${seed}`);
  }
});

/** One thing that happens at the server; returns the frames that tell of it. */
function happen(server, store, pick, late) {
  const running = server.turns.filter((turn) => turn.status === "in_progress");
  const queued = server.turns.filter((turn) => turn.status === "queued");
  const any = server.turns[pick(server.turns.length)];
  const one = running[pick(running.length)];
  switch (pick(9)) {
    case 0:
      return server.send().frames;
    case 1: {
      // This browser writes: the answer of the call comes at some time, before or after the fact
      const { id, branch, frames } = server.send({ previous: store.tail?.id ?? null });
      const turn = server.turn(id);
      late.push(() => store.accept(turn, branch));
      return frames;
    }
    case 2:
      return any ? server.send({ edits: any.input_from ?? any.id }).frames : [];
    case 3:
      return any ? server.send({ regenerates: any.id }).frames : [];
    case 4:
      return queued.length ? server.start(queued[0].id) : [];
    case 5:
      return one ? server.recover(one.id) : [];
    case 6:
      return one ? server.end(one.id, ["completed", "failed", "cancelled", "incomplete"][pick(4)]) : [];
    default:
      return one
        ? server.speak(
            one.id,
            Array.from({ length: 1 + pick(3) }, () => `${pick(1000)} `),
          )
        : [];
  }
}

test("an answer that runs on another branch is known, also on a page that was loaded while it ran", () => {
  const { server, store } = begun();
  const first = server.send();
  store.apply([...first.frames, ...server.start(first.id), ...server.end(first.id, "completed")]);
  const home = store.branch;
  const again = server.send({ regenerates: first.id });
  store.apply(again.frames);
  store.apply(server.start(again.id));
  const looking = new ConversationStore(server.state(home));
  assert.deepEqual(looking.running, []);
  assert.deepEqual(looking.runningElsewhere, [server.turn(again.id).branch]);
  looking.apply(server.end(again.id, "completed"));
  assert.deepEqual(looking.runningElsewhere, []);
});
