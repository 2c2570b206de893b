import { AppElement } from "./app-element.js";
import { fetchFragment } from "../lib/fragment.js";

const EVERY = 2000; // ms

/**
 * `<live-list data-running="yes">`: a list of what is done in the background, drawn anew from its own page until
 * everything in it has ended.
 */
export class LiveList extends AppElement {
  #timer = 0;

  connectedCallback() {
    this.#wait();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  #wait() {
    if (this.dataset.running === "yes") this.#timer = window.setTimeout(() => this.#look(), EVERY);
  }

  async #look() {
    const page = await fetchFragment(location.pathname).catch(() => undefined);
    const fresh = page?.querySelector("live-list");
    // What somebody has opened or is about to press stays until the end is told
    const busy = this.contains(document.activeElement) || this.querySelector("details[open]");
    if (fresh instanceof HTMLElement && (!busy || fresh.dataset.running === "no")) {
      this.dataset.running = fresh.dataset.running ?? "no";
      this.replaceChildren(...fresh.childNodes);
    }
    this.#wait();
  }
}
