import { date } from "../lib/format.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/conversation-store.js").ConversationStore} ConversationStore */

/**
 * `<kept-line local>` around a button: what the provider keeps of this conversation, and until when. `local` says that
 * the provider is part of this server. The button opens the options (`data-menu=options`).
 */
class KeptLine extends AppElement {
  /** @param {ConversationStore} store */
  update(store) {
    const button = /** @type {HTMLElement} */ (this.querySelector("button"));
    const words = this.#words(store);
    if (button.textContent !== words) button.textContent = words;
  }

  /** @param {ConversationStore} store */
  #words(store) {
    const { state_in_force: state } = store.conversation;
    const again = state === "manual" ? " · history sent each time" : "";
    if (this.hasAttribute("local")) return `On this server only${again}`;
    if (state === "stateless") return "Kept here only · history sent each time";
    const newest = store.path.findLast((turn) => turn.kept_until);
    return newest?.kept_until
      ? `At the provider until ${date(newest.kept_until)}${again}`
      : `30 days at the provider${again}`;
  }
}

customElements.define("kept-line", KeptLine);
export { KeptLine };
