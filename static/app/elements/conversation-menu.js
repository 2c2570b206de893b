import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../types").Conversation} Conversation */

/**
 * `<conversation-menu>` around the menu of a conversation and its dialogs: another title, and the question before
 * deleting.
 *
 * Events: `conversation:save` (the fields that change), `conversation:unread`, `conversation:delete`.
 */
export class ConversationMenu extends AppElement {
  /** @type {Conversation | undefined} */ #conversation;

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(this, "submit", (event) => this.#submitted(event));
  }

  /** @param {Conversation} conversation as it is now; an open dialog keeps what is being typed */
  set conversation(conversation) {
    this.#conversation = conversation;
    this.#label("pinned", conversation.pinned);
    this.#label("archived", conversation.archived);
    this.#label("muted", conversation.muted);
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  #label(name, on) {
    const button = /** @type {HTMLElement} */ (this.querySelector(`[data-menu=${name}]`));
    ref(button, "words").textContent = (on ? button.dataset.undo : button.dataset.do) ?? "";
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-menu]");
    if (!(button instanceof HTMLElement) || !this.#conversation) return;
    const menu = ref(this, "menu");
    if (menu.matches(":popover-open")) menu.hidePopover();
    // Where it leads is about the branch that is looked at, which the address of the page names
    if (button instanceof HTMLAnchorElement) button.search = location.search;
    switch (button.dataset.menu) {
      case "rename":
        return this.#rename();
      case "delete":
        return this.#dialog("delete").showModal();
      case "pinned":
        return this.emit("conversation:save", { pinned: !this.#conversation.pinned });
      case "archived":
        return this.emit("conversation:save", { archived: !this.#conversation.archived });
      case "muted":
        return this.emit("conversation:save", { muted: !this.#conversation.muted });
      case "unread":
        return this.emit("conversation:unread");
      case "cancel":
        return button.closest("dialog")?.close();
    }
  }

  #rename() {
    const dialog = this.#dialog("rename");
    const title = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    title.value = this.#conversation?.title ?? "";
    dialog.showModal();
    title.focus();
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    form.closest("dialog")?.close();
    if (form.dataset.form === "delete") this.emit("conversation:delete");
    else this.emit("conversation:save", Object.fromEntries(new FormData(form)));
  }

  /** @param {string} name */
  #dialog(name) {
    return /** @type {HTMLDialogElement} */ (ref(this, name));
  }
}

customElements.define("conversation-menu", ConversationMenu);
