// What the page of a work shows: every turn that makes pictures, on whatever branch. It takes state and frames and says
// what changed; it knows no DOM and no network.
import { RunningStreams } from "./running-streams.js";
import { isRunning, newer } from "./turns.js";
import { callsOf, versionsOf } from "./versions.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../types").Frame} Frame */
/** @typedef {import("../types").Picture} Picture */

/**
 * Events: `change` (detail: the id of the turn that streams on, or null where more may have changed), `resync` (detail:
 * response id), `gap` (facts are missing: reconnect), `reload` (fetch the state and call `reload`), `deleted`, `role`.
 */
export class StudioStore extends EventTarget {
  /** @type {import("./versions.js").Version[] | undefined} */ #versions;

  /** @param {import("../types").StudioState} state */
  constructor(state) {
    super();
    this.me = state.me;
    this.makers = state.makers;
    this.conversation = state.conversation;
    this.streams = new RunningStreams();
    /** @type {Map<number, Turn>} */ this.turns = new Map();
    /** @type {Map<number, number | null>} */ this.links = new Map();
    /** The states in which a picture was seen, by turns. @type {Map<number, Picture[]>} */ this.partials = new Map();
    /** What people say in the margins, by the notes' ids. @type {Map<number, import("../types").Note>} */
    this.notes = new Map();
    this.position = state.position;
    this.#take(state);
  }

  /**
   * What people say of a version: of the very picture, or of the answer that brought it.
   * @param {import("./versions.js").Version} version
   */
  commentsOf({ turn, item }) {
    const about = [...this.notes.values()].filter((note) => note.about?.response === turn.id);
    return about.filter((note) => !note.about?.output || note.about.output === item.id).sort((a, b) => a.id - b.id);
  }

  /** @param {import("../types").Note} note as it is now; without its words it is gone */
  takeNote(note) {
    if (note.payload === undefined) this.notes.delete(note.id);
    else if (note.about) this.notes.set(note.id, note);
    this.#changed();
  }

  get versions() {
    this.#versions ??= versionsOf(this.turns.values(), this.links);
    return this.#versions;
  }

  /** @param {string | null | undefined} id */
  version(id) {
    return this.versions.find((version) => version.id === id);
  }

  /** The version that the chat goes on from: the last one of the main branch. */
  get main() {
    return this.versions.findLast(({ turn }) => turn.branch === this.conversation.branch);
  }

  /** What is made now or waits for it, the oldest first. */
  get running() {
    return [...this.turns.values()].filter(isRunning).sort((one, other) => one.id - other.id);
  }

  /** @param {import("../types").StudioTurns} state fetched because the socket could not tell all that was missed */
  reload(state) {
    this.position = state.position;
    this.#take(state);
    this.#changed();
  }

  /** @param {Frame[]} frames what one message of the socket brought */
  apply(frames) {
    for (const frame of frames) {
      if (frame.type === "hello") this.streams.reopened();
      else if (frame.type === "fact") this.#fact(frame);
      else if (frame.type === "stream") this.#stream(frame);
      else if (frame.type === "snapshot") this.#snapshot(frame);
      else if (frame.type === "reload") this.#emit("reload");
    }
  }

  /** @param {Turn[]} turns that the server answered a write with; the facts of them may come before or after */
  accept(turns) {
    for (const turn of turns) this.#place(turn);
    this.#changed();
  }

  /** @param {import("../types").StudioTurns} state */
  #take(state) {
    for (const [id, previous] of state.links) this.links.set(id, previous);
    for (const [id, files] of Object.entries(state.partials))
      this.partials.set(
        Number(id),
        files.map((file, index) => ({ id: file, url: `/files/${file}/`, index })),
      );
    for (const turn of state.turns) this.#place(turn);
    this.notes = new Map(state.notes.map((note) => [note.id, note]));
  }

  /** @param {Extract<Frame, { type: "fact" }>} fact */
  #fact(fact) {
    if (fact.position <= this.position) return;
    if (fact.position > this.position + 1) return this.#emit("gap");
    this.position = fact.position;
    if (fact.turn) this.#place(fact.turn);
    if (fact.note) this.takeNote(fact.note);
    if (fact.conversation) this.conversation = { ...this.conversation, ...fact.conversation };
    if (fact.kind === "conversation.deleted") this.#emit("deleted");
    if (fact.kind === "members.updated" && fact.person === this.me.id) this.#emit("role");
    this.#changed();
  }

  /** @param {Turn} turn */
  #place(turn) {
    this.links.set(turn.id, turn.previous);
    const known = this.turns.get(turn.id);
    const merged = newer(turn, known);
    if (isRunning(merged)) this.streams.adopt(merged, known);
    else this.streams.forget(turn.id);
    this.#gather(merged);
    // What is said in the chat is only followed while a picture may still come of it
    const ours = isRunning(merged) || callsOf(merged).length > 0 || Object.keys(merged.making ?? {}).length > 0;
    if (ours) this.turns.set(turn.id, merged);
    else this.turns.delete(turn.id);
  }

  /** Keeps the newest state of a forming picture with those before it. @param {Turn} turn */
  #gather(turn) {
    const seen = this.partials.get(turn.id) ?? [];
    for (const { partial_image: partial } of callsOf(turn)) {
      if (partial && !seen.some(({ url }) => url === partial.url)) seen.push(partial);
    }
    if (seen.length) this.partials.set(turn.id, seen);
  }

  /** @param {Extract<Frame, { type: "stream" }>} frame */
  #stream(frame) {
    const turn = this.#running(frame.response);
    const heard = turn ? this.streams.hear(turn, frame) : "nothing";
    if (heard === "resync") this.#emit("resync", frame.response);
    if (!turn || heard !== "changed") return;
    for (const event of frame.events) {
      if (event.type === "response.image_generation_call.partial_image") this.#gather(turn);
    }
    this.#changed(frame.response);
  }

  /** @param {Extract<Frame, { type: "snapshot" }>} frame */
  #snapshot(frame) {
    const turn = this.#running(frame.response);
    if (!turn || !this.streams.takeSnapshot(turn, frame)) return;
    this.#gather(turn);
    this.#changed(turn.id);
  }

  /** @param {number} id */
  #running(id) {
    const turn = this.turns.get(id);
    return turn && isRunning(turn) ? turn : undefined;
  }

  /** @param {number | null} id */
  #changed(id = null) {
    this.#versions = undefined;
    this.#emit("change", id);
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
