import { date } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
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
    const again = ` · ${gettext("history sent each time")}`;
    const manual = state === "manual" ? again : "";
    if (this.hasAttribute("local")) return gettext("On this server only") + manual;
    if (state === "stateless") return gettext("Kept here only") + again;
    const until = store.path.findLast((turn) => turn.kept_until)?.kept_until;
    const kept = until
      ? gettext("At the provider until %(day)s", { day: date(until) })
      : gettext("30 days at the provider");
    return kept + manual;
  }
}

customElements.define("kept-line", KeptLine);
export { KeptLine };
