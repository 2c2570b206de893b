// How far this page has come in each running response, and what the frames of its stream do to its turn.
import { applyEvent } from "./reduce.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../types").Frame} Frame */
/** @typedef {{ epoch: number, next: number, resyncing: boolean }} Cursor `next`: number of the first event not heard */

export class RunningStreams {
  /** @type {Map<number, Cursor>} */ #cursors = new Map();

  /** What the socket's address says: `response:epoch:next`, comma-separated. */
  toString() {
    return [...this.#cursors].map(([id, { epoch, next }]) => `${id}:${epoch}:${next}`).join(",");
  }

  /** A connection began: what was asked of the one before is not answered any more. */
  reopened() {
    for (const cursor of this.#cursors.values()) cursor.resyncing = false;
  }

  /** @param {number} id of a response that has ended, or that nobody looks at */
  forget(id) {
    this.#cursors.delete(id);
  }

  /**
   * The server's present view of a running turn has come: its output is kept unless this page is ahead of it.
   * @param {Turn} turn
   * @param {Turn | undefined} known
   */
  adopt(turn, known) {
    const cursor = this.#cursors.get(turn.id);
    if (known && cursor && (!turn.stream || isOlder(turn.stream, cursor))) turn.output = known.output;
    else if (turn.stream) this.#move(turn.id, turn.stream);
  }

  /**
   * @param {Turn} turn
   * @param {Extract<Frame, { type: "stream" }>} frame
   * @returns {"changed" | "resync" | "nothing"} `resync`: events are missing, a snapshot has to be asked for
   */
  hear(turn, frame) {
    let cursor = this.#cursors.get(turn.id) ?? { epoch: 0, next: 0, resyncing: false };
    if (cursor.epoch === 0 && frame.epoch === 1 && frame.sequence === 0) {
      // Nothing can have been said before the first event of the first epoch
      cursor = { epoch: 1, next: 0, resyncing: cursor.resyncing };
    }
    this.#cursors.set(turn.id, cursor);
    if (frame.epoch < cursor.epoch || cursor.resyncing) return "nothing";
    if (frame.epoch > cursor.epoch || frame.sequence > cursor.next) {
      cursor.resyncing = true;
      return "resync";
    }
    const fresh = frame.events.slice(cursor.next - frame.sequence);
    for (const event of fresh) applyEvent(turn.output, event);
    cursor.next += fresh.length;
    return fresh.length > 0 ? "changed" : "nothing";
  }

  /**
   * @param {Turn} turn
   * @param {Extract<Frame, { type: "snapshot" }>} frame
   * @returns {boolean} whether it was taken: an older one than what is heard already is not
   */
  takeSnapshot(turn, frame) {
    const cursor = this.#cursors.get(turn.id);
    if (cursor && isOlder(frame, cursor)) return false;
    turn.output = frame.output;
    this.#move(turn.id, frame);
    return true;
  }

  /**
   * @param {number} id
   * @param {{ epoch: number, sequence: number }} to
   */
  #move(id, { epoch, sequence }) {
    this.#cursors.set(id, { epoch, next: sequence, resyncing: false });
  }
}

/**
 * @param {{ epoch: number, sequence: number }} position
 * @param {Cursor} cursor
 */
function isOlder({ epoch, sequence }, cursor) {
  return epoch < cursor.epoch || (epoch === cursor.epoch && sequence < cursor.next);
}
