import { gettext } from "../lib/gettext.js";
import { AppElement } from "./app-element.js";

/**
 * A text with a button that copies it, and in colours where it is code. `data-once`: the page shows it this one time,
 * so a reload goes to this address and does not repeat the form that made it.
 */
export class CopyText extends AppElement {
  connectedCallback() {
    const button = /** @type {HTMLButtonElement} */ (this.querySelector("[data-ref=copy]"));
    this.on(button, "click", () => this.#copy(button));
    this.#colour();
    if (this.dataset.once) history.replaceState(null, "", this.dataset.once);
  }

  async #colour() {
    const code = this.querySelector("code[class^=language-]");
    if (!code) return;
    const { highlighted, languageOf } = await import("../lib/code.js");
    code.replaceChildren(highlighted(code.textContent ?? "", languageOf(code.className)));
  }

  /** @param {HTMLButtonElement} button */
  async #copy(button) {
    await navigator.clipboard.writeText(this.querySelector("[data-ref=text]")?.textContent ?? "");
    const label = /** @type {HTMLElement} */ (button.querySelector("span"));
    const words = label.textContent;
    label.textContent = gettext("Copied");
    setTimeout(() => (label.textContent = words), 1500);
  }
}
