import assert from "node:assert/strict";
import { test } from "node:test";
import { ConversationStore } from "../../static/app/lib/conversation-store.js";
import { ScriptedConversation } from "./scripted-conversation.js";

function begun() {
  const server = new ScriptedConversation();
  const store = new ConversationStore(server.state());
  return { server, store };
}

test("a note appears behind its turn, replaces the writer's own, and goes when it is taken away", () => {
  const { server, store } = begun();
  const { id, frames } = server.send();
  store.apply(frames);
  store.addPending({ client_id: "mine", text: "Hello", edits: null, state: "sending", to: "people" });
  const note = { id: 70, after: id, client_id: "mine", author: { id: 1 }, payload: { role: "user" } };
  const fact = (kind, about) => ({ type: "fact", position: ++server.position, kind, note: about });
  store.apply([fact("note.created", note)]);
  store.takeNote(note);
  assert.deepEqual(
    store.entries.map((entry) => ("note" in entry ? entry.note.id : "pending" in entry ? "pending" : entry.turn.id)),
    [id, 70],
  );
  store.apply([fact("note.deleted", { id: 70, after: id })]);
  assert.equal(store.entries.length, 1);
});

test("what was noted before the first turn stands at the beginning, once that is loaded", () => {
  const { store } = begun();
  const note = { id: 70, after: null, client_id: "", payload: { role: "user" } };
  store.show({ turns: [], before: 5, branch: store.branch, notes: [], running: [] });
  store.takeNote(note);
  assert.deepEqual(store.entries, []);
  store.prepend({ turns: [], before: null, branch: store.branch, notes: [note], running: [] });
  assert.deepEqual(
    store.entries.map((entry) => entry.note.id),
    [70],
  );
});
