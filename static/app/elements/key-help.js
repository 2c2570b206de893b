import { onMac, singleKey, singleKeysOn, switchSingleKeys, toMessage } from "../lib/shortcuts.js";
import { AppElement } from "./app-element.js";

/** `<key-help>`: the single keys of every page, the sheet that lists all keys, and the switch that turns them off. */
export class KeyHelp extends AppElement {
  connectedCallback() {
    this.on(document, "keydown", (event) => this.#pressed(event));
    this.on(this, "click", (event) => {
      if (/** @type {Element} */ (event.target).closest("[data-part=keys]")) this.open();
    });
    const choice = /** @type {HTMLInputElement} */ (this.querySelector("input[type=checkbox]"));
    choice.checked = singleKeysOn();
    this.on(choice, "change", () => switchSingleKeys(choice.checked));
    if (onMac) for (const key of this.querySelectorAll("[data-mac]")) key.textContent = key.getAttribute("data-mac");
  }

  open() {
    /** @type {HTMLDialogElement} */ (this.querySelector("dialog")).showModal();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const act = this.#acts[singleKey(event)];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @type {Record<string, () => void>} */
  #acts = {
    "?": () => this.open(),
    "/": () => focusOn("side-bar [data-part=search] input"),
    c: () => focusOn("chat-composer textarea"),
    n: () => /** @type {HTMLElement | null} */ (document.querySelector("side-bar .new"))?.click(),
    j: () => toMessage(1),
    k: () => toMessage(-1),
  };
}

/** @param {string} selector */
function focusOn(selector) {
  const field = document.querySelector(selector);
  if (field instanceof HTMLElement) field.focus();
}
