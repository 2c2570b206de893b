// Sends messages one after the other: each hangs on the one before, so the order of writing is the order of turns.
import { CallFailed, post } from "./api.js";
import { sentForm } from "./attachments.js";
import { keep, kept } from "./drafts.js";
import { gettext } from "./gettext.js";

/** @typedef {import("./conversation-store.js").ConversationStore} ConversationStore */

export class Outbox {
  #busy = false;
  #kept = -1;

  /**
   * @param {ConversationStore} store
   * @param {string} address of the conversation
   * @param {(answer: { turn: import("../types").Turn, branch: number }) => void} sent
   */
  constructor(store, address, sent) {
    this.store = store;
    this.address = address;
    this.sent = sent;
    this.#restore();
    store.addEventListener("change", () => this.#keep());
    addEventListener("online", () => this.flush());
  }

  /**
   * Shows a message at once and sends it as soon as that is possible.
   * @param {Pick<import("../types").Pending, "text" | "attachments" | "options" | "to"> & { edits?: number | null }} message
   */
  add({ text, edits = null, attachments = [], options, to = "model" }) {
    const created_at = new Date().toISOString();
    const client_id = crypto.randomUUID?.() ?? `${created_at}-${Math.random()}`; // no randomUUID without https
    this.store.addPending({
      client_id,
      text,
      attachments,
      edits,
      options,
      to,
      created_at,
      state: "waiting",
      problem: "",
    });
    this.flush();
  }

  /** What an earlier visit could not send is shown again, and sent when the writer says so. */
  #restore() {
    const known = new Set(this.store.path.flatMap((turn) => turn.input.map((item) => item.client_id)));
    for (const pending of unsent(this.store.conversation.id)) {
      if (known.has(pending.client_id)) continue;
      this.store.addPending({ ...pending, state: "failed", problem: gettext("The page was closed before.") });
    }
    this.#keep();
  }

  #keep() {
    if (this.#kept === this.store.pending.length) return;
    this.#kept = this.store.pending.length;
    keep("unsent", this.store.conversation.id, this.#kept ? JSON.stringify(this.store.pending) : "");
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
  async #send({ client_id, text, edits, options, to, attachments = [] }) {
    this.store.changePending(client_id, { state: "sending" });
    const previous = edits === null ? (this.store.tail?.id ?? null) : null; // another wording stands where the first does
    const message = { client_id, text, previous, edits, options, attachments: sentForm(attachments) };
    try {
      if (to === "people") this.store.takeNote((await post(`${this.address}notes/`, message)).note);
      else this.sent(await post(`${this.address}messages/`, message));
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

/**
 * @param {string} conversation
 * @returns {import("../types").Pending[]}
 */
function unsent(conversation) {
  try {
    return JSON.parse(kept("unsent", conversation) || "[]");
  } catch {
    return []; // not written by us
  }
}
