// A note on the page: what one person says to the others. No model reads it.
import { day } from "../lib/format.js";
import { MessageView } from "./message.js";

/** @typedef {import("../types").Person} Person */

export class NoteView {
  #message = new MessageView();
  #date = "";
  day = Object.assign(document.createElement("p"), { className: "day", hidden: true });
  id = null;
  clientId = "";
  /** @type {number | undefined} */ note;

  /** @param {string} iso */
  set date(iso) {
    if (this.#date === iso) return;
    this.#date = iso;
    this.day.textContent = day(iso);
  }

  get elements() {
    return [this.day, this.#message.element];
  }

  get text() {
    return this.#message.text;
  }

  /**
   * @param {import("../types").Note} note
   * @param {boolean} removable
   * @param {import("./margin.js").Margins} margins
   */
  update(note, removable, margins) {
    this.note = note.id;
    this.#message.margin.update(`item-${note.id}`, margins);
    this.#message.update({ ...note, state: "", problem: "", editable: false, toPeople: true, removable });
  }

  /**
   * @param {import("../types").Pending} pending
   * @param {Person} me
   */
  updatePending(pending, me) {
    this.clientId = pending.client_id;
    const payload = { type: "message", role: "user", content: [{ type: "input_text", text: pending.text }] };
    this.#message.update({ ...pending, author: me, payload, editable: false, toPeople: true });
  }

  marginAt() {
    return this.#message.margin;
  }

  textAt() {
    return this.#message.text;
  }

  tick() {}
  edit() {}
  leaveEdit() {}
}
