import { AppElement } from "./app-element.js";
import { ref } from "../lib/templates.js";

/**
 * `<conversation-menu>` around the menu of a conversation and its dialogs: settings (title, instructions, state), and
 * the question before deleting.
 *
 * Events: `conversation:save` (the fields that change), `conversation:delete`.
 */
class ConversationMenu extends AppElement {
  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(this, "submit", (event) => this.#submitted(event));
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-menu]");
    if (!(button instanceof HTMLElement)) return;
    const menu = ref(this, "menu");
    if (menu.matches(":popover-open")) menu.hidePopover();
    switch (button.dataset.menu) {
      case "rename":
      case "settings":
        this.#dialog("settings").showModal();
        this.#field(button.dataset.menu === "rename" ? "title" : "instructions").focus();
        break;
      case "delete":
        this.#dialog("delete").showModal();
        break;
      case "pinned":
      case "archived":
        this.#toggle(button);
        break;
      case "cancel":
        button.closest("dialog")?.close();
    }
  }

  /** @param {HTMLElement} button a switch of the menu: its words say what pressing does */
  #toggle(button) {
    const on = button.dataset.on !== "true";
    button.dataset.on = String(on);
    ref(button, "words").textContent = (on ? button.dataset.undo : button.dataset.do) ?? "";
    this.emit("conversation:save", { [button.dataset.menu ?? ""]: on });
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

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[name=${name}]`));
  }
}

customElements.define("conversation-menu", ConversationMenu);
