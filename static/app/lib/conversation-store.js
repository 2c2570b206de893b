// What one page shows of a conversation: the turns of the viewed branch, what streams, what is not confirmed yet.
// It takes state and frames and says what changed; it knows no DOM and no network.
import { Marks } from "./marks.js";
import { Notes } from "./notes.js";
import { RunningStreams } from "./running-streams.js";
import { countBeside, isRunning, keyOf, messageOf, newer, uncut, wayTo } from "./turns.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../types").Frame} Frame */
/** @typedef {import("../types").Pending} Pending */
/** @typedef {import("../types").Note} Note */
/** @typedef {import("../types").Conversation} Conversation */

export { isRunning, messageOf };

/**
 * Events: `change` (detail: the id of the turn that streams on, or null where more may have changed),
 * `resync` (detail: response id; ask the socket), `gap` (facts are missing: reconnect), `reload` (fetch the turns
 * and call `reload`), `switch` (the viewed branch is not here: fetch it and call `show`), `deleted`, `role` (what the
 * viewer may do here has changed), `moved` (the main branch, which the viewer follows, is another by somebody else).
 */
export class ConversationStore extends EventTarget {
  /** @param {import("../types").PageState} state */
  constructor(state) {
    super();
    this.me = state.me;
    this.models = state.models;
    /** @type {Conversation} */ this.conversation = state.conversation;
    this.position = state.position;
    this.streams = new RunningStreams();
    this.notes = new Notes();
    this.marks = new Marks();
    /** @type {Turn[]} */ this.path = [];
    /** @type {Map<number, Turn>} */ this.elsewhere = new Map();
    /** The branches of the answers that run anywhere in the conversation. @type {Map<number, number>} */
    this.atWork = new Map();
    /** @type {Pending[]} */ this.pending = [];
    /** @type {number | null} */ this.before = null;
    /** @type {number | null} */ this.branch = null;
    this.branchName = "";
    this.show(state);
  }

  /** The viewer looks at the main line and goes where it goes. */
  get follows() {
    return this.branch === this.conversation.branch;
  }

  /** The model that answers in the conversation. */
  get model() {
    return this.models.find(({ name }) => name === this.conversation.model) ?? this.models[0];
  }

  /** @returns {Turn | undefined} */
  get tail() {
    return this.path.at(-1);
  }

  /** The turns that still run on the viewed branch, oldest first. */
  get running() {
    return this.path.filter(isRunning);
  }

  /** The branches, other than what is on the page, on which an answer runs. */
  get runningElsewhere() {
    return [...this.atWork].filter(([id]) => !this.turn(id)).map(([, branch]) => branch);
  }

  /** @param {number} id */
  turn(id) {
    return this.path.find((turn) => turn.id === id);
  }

  /**
   * What stands on the page, in order. An edited message hides what followed its first wording.
   * @returns {({ key: string, turn: Turn } | { key: string, pending: Pending } | { key: string, note: Note })[]}
   */
  get entries() {
    return [
      ...(this.before === null ? this.notes.entries(null) : []),
      ...uncut(this.path, this.pending).flatMap((turn) => [{ key: keyOf(turn), turn }, ...this.notes.entries(turn.id)]),
      ...this.pending.map((pending) => ({ key: pending.client_id, pending })),
    ];
  }

  /**
   * Shows the newest page of a branch in place of whatever was shown.
   * @param {import("../types").TurnsPage} page
   */
  show(page) {
    const kept = new Map([...this.elsewhere, ...this.path.map((turn) => /** @type {const} */ ([turn.id, turn]))]);
    this.elsewhere = kept;
    this.path = [];
    this.before = page.before;
    this.branch = page.branch;
    this.branchName = page.branch_name ?? "";
    this.notes.take(page);
    this.marks.take(page);
    this.atWork = new Map(page.running.map(({ id, branch }) => [id, branch]));
    for (const turn of page.turns) {
      const merged = this.#merge(turn);
      this.elsewhere.delete(turn.id);
      this.path.push(merged);
    }
    // What the socket told while the page was on its way is newer than the page
    for (const turn of [...this.elsewhere.values()]) {
      if (turn.branch === this.branch && turn.id > (this.tail?.id ?? 0)) this.#reach(turn);
    }
    this.#forgetElsewhere();
    this.#changed();
  }

  /**
   * Puts an older page before what is shown.
   * @param {import("../types").TurnsPage} page
   */
  prepend(page) {
    const known = new Set(this.path.map((turn) => turn.id));
    const older = page.turns.filter((turn) => !known.has(turn.id)).map((turn) => this.#merge(turn));
    for (const turn of older) this.elsewhere.delete(turn.id);
    this.path.unshift(...older);
    this.before = page.before;
    this.notes.take(page);
    this.marks.take(page);
    this.#changed();
  }

  /**
   * Takes what one message of the socket brought.
   * @param {Frame[]} frames
   */
  apply(frames) {
    for (const frame of frames) this.#apply(frame);
    this.#findWay();
  }

  /**
   * The newest page, fetched because the socket could not tell all that was missed.
   * @param {import("../types").TurnsPage} page
   */
  reload(page) {
    this.position = page.position;
    this.show(page);
  }

  /** @param {Frame} frame */
  #apply(frame) {
    if (frame.type === "hello") this.streams.reopened();
    else if (frame.type === "fact") this.#fact(frame);
    else if (frame.type === "stream") this.#stream(frame);
    else if (frame.type === "snapshot") this.#snapshot(frame);
    else if (frame.type === "waiting") this.#waiting(frame);
    else if (frame.type === "reload") this.#emit("reload");
  }

  /**
   * A turn that the server answered a write with; the fact of it may come before or after.
   * @param {Turn} turn
   * @param {number} branch the branch that the writer now looks at
   */
  accept(turn, branch) {
    if (branch !== this.branch) this.branchName = "";
    this.branch = branch;
    this.#place(turn);
    this.#findWay();
    this.#changed();
  }

  /**
   * What is new about the conversation. Facts tell everybody the same and leave out what is a member's own.
   * @param {Partial<Conversation>} change
   */
  update(change) {
    const followed = this.follows;
    this.conversation = { ...this.conversation, ...change };
    if (followed) this.branch = this.conversation.branch;
    this.#changed();
  }

  /**
   * A note that was written or taken away. Its writer hears of it by the answer and by the fact.
   * @param {Note} note
   */
  takeNote(note) {
    if (note.client_id) this.pending = this.pending.filter((own) => own.client_id !== note.client_id);
    this.notes.put(note);
    this.marks.putComment(note);
    this.#changed();
  }

  /** @param {Parameters<Marks["react"]>[0]} reaction as it is now, by a fact or by the answer to who has it */
  takeReaction(reaction) {
    this.marks.react(reaction, this.me.id);
    this.#changed();
  }

  /** @param {Pending} pending */
  addPending(pending) {
    this.pending.push(pending);
    this.#changed();
  }

  /**
   * @param {string} clientId
   * @param {Partial<Pending>} change
   */
  changePending(clientId, change) {
    const found = this.pending.find((pending) => pending.client_id === clientId);
    if (found) Object.assign(found, change);
    this.#changed();
  }

  /** @param {string} clientId */
  dropPending(clientId) {
    this.pending = this.pending.filter((pending) => pending.client_id !== clientId);
    this.#changed();
  }

  /** @param {Extract<Frame, { type: "fact" }>} fact */
  #fact(fact) {
    if (fact.position <= this.position) return;
    if (fact.position > this.position + 1) return this.#emit("gap");
    this.position = fact.position;
    const { branch, follows } = this;
    const mine = fact.turn?.input.some(({ client_id }) => this.pending.some((own) => own.client_id === client_id));
    if (fact.turn) this.#place(fact.turn);
    if (fact.note) this.takeNote(fact.note);
    if (fact.reaction) this.takeReaction(fact.reaction);
    if (fact.branch?.id === this.branch) this.branchName = fact.branch?.name ?? "";
    if (fact.conversation) this.update(fact.conversation);
    if (follows && branch !== null && this.branch !== branch && !mine) this.#emit("moved");
    if (fact.kind === "conversation.deleted") this.#emit("deleted");
    if (fact.kind === "members.updated" && fact.person === this.me.id) this.#emit("role");
    this.#changed();
  }

  /**
   * Puts a turn where it belongs: over itself, at the end of the path, in place of the end that it branches off, or
   * beside the path, where only the counts of wordings and answers tell of it.
   * @param {Turn} turn
   */
  #place(turn) {
    for (const item of turn.input) this.pending = this.pending.filter((own) => own.client_id !== item.client_id);
    countBeside([...this.path, ...this.elsewhere.values()], turn);
    const merged = this.#merge(turn);
    this.atWork.delete(turn.id);
    if (isRunning(merged)) this.atWork.set(turn.id, turn.branch);
    const index = this.path.findIndex((known) => known.id === turn.id);
    if (index >= 0) {
      this.path[index] = merged;
      return;
    }
    // The first message makes the first branch
    this.branch ??= turn.branch;
    this.conversation.branch ??= turn.branch;
    this.elsewhere.set(turn.id, merged);
    this.#forgetElsewhere();
    if (turn.branch === this.branch) this.#reach(merged);
  }

  /** The path must end with the newest turn of the viewed branch: over what is known, or by fetching it. */
  #findWay() {
    if (this.branch === null) return;
    const there = [...this.path.slice(-1), ...this.elsewhere.values()].filter((turn) => turn.branch === this.branch);
    const newest = there.sort((a, b) => a.id - b.id).at(-1);
    if (newest && newest === this.tail) return;
    if (newest && this.#reach(newest)) this.#changed();
    else this.#emit("switch");
  }

  /**
   * Makes `turn` the end of the path, over turns that are known already.
   * @param {Turn} turn
   */
  #reach(turn) {
    const found = wayTo(turn, this.path, this.elsewhere);
    if (!found) return false;
    const { at, chain } = found;
    const left = this.path.splice(at + 1);
    if (chain[0]?.previous === null) this.before = null;
    for (const gone of left) this.elsewhere.set(gone.id, gone);
    for (const added of chain) this.elsewhere.delete(added.id);
    this.path.push(...chain);
    return true;
  }

  /**
   * Takes over what the server says of a turn, unless this page is ahead of it.
   * @param {Turn} turn
   * @returns {Turn}
   */
  #merge(turn) {
    const known = this.turn(turn.id) ?? this.elsewhere.get(turn.id);
    const merged = newer(turn, known);
    if (isRunning(merged)) this.streams.adopt(merged, known);
    else this.streams.forget(turn.id);
    return merged;
  }

  /** @param {Extract<Frame, { type: "stream" }>} frame */
  #stream(frame) {
    const turn = this.#running(frame.response);
    const heard = turn ? this.streams.hear(turn, frame) : "nothing";
    if (turn) delete turn.asked_again_in;
    if (heard === "resync") this.#emit("resync", frame.response);
    if (heard === "changed") this.#changed(frame.response);
  }

  /** @param {Extract<Frame, { type: "waiting" }>} frame */
  #waiting(frame) {
    const turn = this.#running(frame.response);
    if (!turn) return;
    turn.asked_again_in = frame.seconds;
    this.#changed(turn.id);
  }

  /** @param {Extract<Frame, { type: "snapshot" }>} frame */
  #snapshot(frame) {
    const turn = this.#running(frame.response);
    if (turn && this.streams.takeSnapshot(turn, frame)) this.#changed(turn.id);
  }

  /** @param {number} id */
  #running(id) {
    const turn = this.turn(id) ?? this.elsewhere.get(id);
    return turn && isRunning(turn) ? turn : undefined;
  }

  /** What is beside the path is only kept so that the page can go there without asking: the newest will do. */
  #forgetElsewhere() {
    for (const id of this.elsewhere.keys()) {
      if (this.elsewhere.size <= 200) break;
      this.elsewhere.delete(id);
      this.streams.forget(id);
    }
  }

  /** @param {number | null} id */
  #changed(id = null) {
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
