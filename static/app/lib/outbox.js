// Sends messages one after the other: each hangs on the one before, so the order of writing is the order of turns.
import { CallFailed, post } from "./api.js";

/** @typedef {import("./conversation-store.js").ConversationStore} ConversationStore */

export class Outbox {
  #busy = false;

  /**
   * @param {ConversationStore} store
   * @param {string} address of the conversation's messages
   * @param {(answer: { turn: import("../types").Turn, branch: number }) => void} sent
   */
  constructor(store, address, sent) {
    this.store = store;
    this.address = address;
    this.sent = sent;
    addEventListener("online", () => this.flush());
  }

  /**
   * Shows a message at once and sends it as soon as that is possible.
   * @param {{ text: string, edits?: number | null }} message
   */
  add({ text, edits = null }) {
    const created_at = new Date().toISOString();
    const client_id = crypto.randomUUID?.() ?? `${created_at}-${Math.random()}`; // no randomUUID without https
    this.store.addPending({ client_id, text, edits, created_at, state: "waiting", problem: "" });
    this.flush();
  }

  /** @param {string} clientId */
  again(clientId) {
    this.store.changePending(clientId, { state: "waiting", problem: "" });
    this.flush();
  }

  async flush() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (navigator.onLine) {
        const next = this.store.pending.find((pending) => pending.state === "waiting");
        if (!next) break;
        await this.#send(next);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** @param {import("../types").Pending} pending */
  async #send({ client_id, text, edits }) {
    this.store.changePending(client_id, { state: "sending" });
    const edited = edits === null ? undefined : this.store.turn(edits);
    const previous = edited ? edited.previous : (this.store.tail?.id ?? null);
    try {
      this.sent(await post(this.address, { client_id, text, previous, edits }));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      // The same client_id is the same message, so a call whose answer was lost may be made once more
      const waits = error.unreachable && !navigator.onLine;
      this.store.changePending(client_id, {
        state: waits ? "waiting" : "failed",
        problem: `${error.message}.`.replace(/\.+$/, "."),
      });
    }
  }
}
