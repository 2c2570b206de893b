import { clone } from "./templates.js";

/** The line between what the viewer has read and what came since they left. */
export class NewLine {
  #line = clone("new-template");

  /** @param {{ turn: number | null, note: number | null, answer: boolean } | null} first what is new, null: nothing */
  constructor(first) {
    this.first = first;
  }

  /**
   * The elements of an entry of the log, with the line among them where it belongs.
   * @param {import("./conversation-store.js").ConversationStore["entries"][number]} entry
   * @param {HTMLElement[]} elements the day, then what was said
   */
  among(entry, elements) {
    const { first } = this;
    if (!first) return elements;
    const here = "note" in entry ? entry.note.id === first.note : "turn" in entry && entry.turn.id === first.turn;
    if (!here) return elements;
    const at = first.answer ? -1 : 1;
    return [...elements.slice(0, at), this.#line, ...elements.slice(at)];
  }
}
