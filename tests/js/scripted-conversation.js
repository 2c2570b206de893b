// A server's side of one conversation in memory: it makes turns, streams them and tells of them as frames.
import { applyEvent } from "../../static/app/lib/reduce.js";

const RUNNING = ["queued", "in_progress"];

export class ScriptedConversation {
  position = 0;
  turns = [];
  streams = new Map(); // turn id -> { epoch, sequence, output }
  facts = []; // { position, turn id or null }
  branch = null;
  title = "";
  #branches = 0;
  #items = 0;

  /** The frames of a fact: what it names is shown as it is now. */
  #tell(id) {
    this.position += 1;
    this.facts.push({ position: this.position, id });
    return [this.fact(this.position, id)];
  }

  fact(position, id) {
    const turn = id === null ? undefined : this.turn(id);
    return structuredClone({ type: "fact", position, kind: "response.updated", turn, conversation: this.shared });
  }

  get shared() {
    return { id: "conv_1", title: this.title, branch: this.branch };
  }

  head(branch = this.branch) {
    return this.turns.findLast((turn) => turn.branch === branch)?.id ?? null;
  }

  /** @returns {any} the turn as the server shows it now */
  turn(id) {
    const turn = this.turns.find((known) => known.id === id);
    const beside = this.turns.filter((known) => known.previous === turn.previous);
    const ref = ({ id: other, branch }) => ({ id: other, branch });
    const stream = this.streams.get(id);
    const running = RUNNING.includes(turn.status);
    return structuredClone({
      ...turn,
      output: stream?.output ?? [],
      siblings: beside.filter((known) => known.input_from === null).map(ref),
      answers: beside.filter((known) => (known.input_from ?? known.id) === (turn.input_from ?? turn.id)).map(ref),
      stream: running ? { epoch: stream?.epoch ?? 0, sequence: stream?.sequence ?? 0 } : null,
    });
  }

  send({ previous = this.head(), edits = null, regenerates = null, clientId = `c${++this.#items}` } = {}) {
    const origin = this.turns.find((turn) => turn.id === (edits ?? regenerates));
    const on = origin ? origin.previous : previous;
    const before = this.turns.find((turn) => turn.id === on);
    const goesOn = !origin && before && this.head(before.branch) === before.id;
    const branch = goesOn ? before.branch : ++this.#branches;
    const input_from = regenerates === null ? null : (origin.input_from ?? origin.id);
    const input =
      regenerates === null ? [{ id: this.#items, type: "message", role: "user", client_id: clientId }] : origin.input;
    const turn = { id: this.turns.length + 1, previous: on, input_from, branch, status: "queued", input };
    this.turns.push(turn);
    this.branch = branch;
    return { id: turn.id, branch, frames: this.#tell(turn.id) };
  }

  start(id) {
    this.#set(id, "in_progress");
    this.streams.set(id, { epoch: 1, sequence: 0, output: [] });
    const item = { type: "message", status: "in_progress", content: [{ type: "output_text", text: "" }] };
    const opening = [{ type: "response.created" }, { type: "response.output_item.added", output_index: 0, item }];
    return [...this.#tell(id), ...this.#stream(id, opening)];
  }

  speak(id, words) {
    const deltas = words.map((delta) => ({
      type: "response.output_text.delta",
      output_index: 0,
      content_index: 0,
      delta,
    }));
    return this.#stream(id, deltas);
  }

  /** Another runner takes over from what was logged: less than what some screens show. */
  recover(id) {
    const stream = this.streams.get(id);
    const text = stream.output[0].content[0].text;
    stream.output[0].content[0].text = text.slice(0, Math.floor(text.length / 2));
    stream.epoch += 1;
    stream.sequence = 0;
    return this.snapshot(id);
  }

  end(id, status) {
    this.#set(id, status);
    return this.#tell(id);
  }

  rename(title) {
    this.title = title;
    return this.#tell(null);
  }

  snapshot(id) {
    const stream = this.streams.get(id);
    if (!stream || !RUNNING.includes(this.turns[id - 1].status)) return [];
    const { epoch, sequence, output } = structuredClone(stream);
    return [{ type: "snapshot", response: id, epoch, sequence, output }];
  }

  /** What a socket that opens hears: the facts after `after`, each turn with the last that names it. */
  replay(after) {
    const missed = this.facts.filter(({ position }) => position > after);
    const frames = missed.map(({ position, id }) => {
      const last = missed.findLast((fact) => fact.id === id)?.position === position;
      return this.fact(position, last ? id : null);
    });
    const snapshots = this.turns.flatMap(({ id }) => this.snapshot(id));
    return [{ type: "hello", position: this.position }, ...frames, ...snapshots];
  }

  page(branch = this.branch) {
    const path = [];
    for (let id = this.head(branch); id !== null; id = this.turns[id - 1].previous) path.unshift(this.turn(id));
    const running = this.turns
      .filter((turn) => RUNNING.includes(turn.status))
      .map(({ id, branch }) => ({ id, branch }));
    return { turns: path, before: null, branch, position: this.position, running, notes: [] };
  }

  /** @returns {any} what a page of this conversation begins with */
  state(branch = this.branch) {
    const conversation = { ...this.shared, model: "", instructions: "", state: "", role: "owner", may_write: true };
    const me = { id: 1, name: "Alice", initial: "A", hue: 45, avatar: null };
    return structuredClone({ ...this.page(branch), conversation, me, models: [] });
  }

  #set(id, status) {
    this.turns[id - 1].status = status;
  }

  #stream(id, events) {
    const stream = this.streams.get(id);
    const sequence = stream.sequence;
    for (const event of structuredClone(events)) applyEvent(stream.output, event);
    stream.sequence += events.length;
    return [{ type: "stream", response: id, epoch: stream.epoch, sequence, events: structuredClone(events) }];
  }
}
