import { ngettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<picture-wall>` around the form of the gallery: says how many pictures are chosen, and keeps favourites without
 * leaving the page. Without it the form does both by itself.
 */
export class PictureWall extends AppElement {
  connectedCallback() {
    this.on(this, "change", () => this.#count());
    this.on(this, "reset", () => setTimeout(() => this.#count()));
    this.on(this, "submit", (event) => this.#submitted(event));
    this.#count();
  }

  #count() {
    const words = this.querySelector("[data-ref=count]");
    const chosen = this.querySelectorAll(".pick:checked").length;
    if (words) ref(this, "count").textContent = ngettext("%(count)s selected", "%(count)s selected", chosen);
  }

  /** @param {SubmitEvent} event */
  async #submitted(event) {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || !button.classList.contains("like")) return;
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value;
    const body = new URLSearchParams({ favourite: button.value, csrfmiddlewaretoken: token });
    button.disabled = true;
    try {
      const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { favourite } = await answer.json();
      button.ariaPressed = String(favourite);
      button.value = favourite ? "0" : "1";
    } catch {
      // Without a network nothing has changed, and the heart says so
    } finally {
      button.disabled = false;
      button.focus();
    }
  }
}
