import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/conversation-store.js").ConversationStore} ConversationStore */

/**
 * `<branch-line>`: says that another branch than the main one is looked at, and leads out of it.
 *
 * Events: `chat:branch` ({ branch: null }: the main one), `branch:main` ({ branch }: make it the main one).
 */
export class BranchLine extends AppElement {
  #branch = 0;

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
  }

  /** @param {ConversationStore} store */
  update(store) {
    this.hidden = store.follows || store.branch === null;
    if (this.hidden) return;
    this.#branch = store.branch ?? 0;
    ref(this, "name").textContent = store.branchName ? `“${store.branchName}”` : "";
    const compare = /** @type {HTMLAnchorElement} */ (ref(this, "compare"));
    compare.href = `branches/compare/?branch=${this.#branch}`;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-ref=make-main]")) return this.emit("branch:main", { branch: this.#branch });
    if (!target.closest("[data-ref=to-main]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.emit("chat:branch", { branch: null });
  }
}

customElements.define("branch-line", BranchLine);
