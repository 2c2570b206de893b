import { created, known, supported } from "../lib/passkeys.js";
import { AppElement } from "./app-element.js";

/** A form that a passkey fills in: `data-does` is `get` or `create`. Where the browser knows none, the button stays away. */
export class PassKey extends AppElement {
  connectedCallback() {
    const button = this.#part("button");
    if (!supported()) return;
    button.hidden = false;
    this.on(button, "click", () => this.#ask());
  }

  async #ask() {
    const problem = this.#part("problem");
    const form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    problem.hidden = true;
    try {
      const options = await this.#options();
      const credential = this.dataset.does === "create" ? await created(options) : await known(options);
      /** @type {HTMLInputElement} */ (form.elements.namedItem("credential")).value = JSON.stringify(credential);
      form.submit();
    } catch {
      problem.hidden = false; // turned down, timed out, or not of this site: the browser does not say which
    }
  }

  async #options() {
    if (!this.dataset.source) return JSON.parse(this.querySelector("script")?.textContent ?? "");
    const answer = await fetch(this.dataset.source, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-ref=${name}]`));
  }
}
