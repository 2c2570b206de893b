import { get } from "../lib/api.js";
import { enumerated } from "../lib/format.js";
import { gettext, ngettext } from "../lib/gettext.js";
import { AppElement } from "./app-element.js";

const FRESH = 5000; // milliseconds for which an answer is good

/**
 * `<seen-by item="17">` around a button: says who has seen a message, when one points at it, comes to it or presses it.
 *
 * Events: `chat:said` ({ text }).
 */
class SeenBy extends AppElement {
  #asked = -FRESH;

  connectedCallback() {
    this.on(this, "pointerenter", () => this.#ask());
    this.on(this, "focusin", () => this.#ask());
    this.on(this, "click", async () => {
      await this.#ask();
      this.emit("chat:said", { text: this.button.title });
    });
  }

  get button() {
    return /** @type {HTMLButtonElement} */ (this.querySelector("button"));
  }

  async #ask() {
    const item = this.getAttribute("item");
    if (!item || performance.now() - this.#asked < FRESH) return;
    this.#asked = performance.now();
    const seen = await get(`${location.pathname}items/${item}/seen/`).catch(() => undefined);
    if (!seen) return;
    this.button.title = words(seen);
    this.button.ariaLabel = this.button.title;
  }
}

/** @param {{ people: import("../types").Person[], count: number }} seen */
function words({ people, count }) {
  const names = people.map(({ name }) => name);
  if (count > names.length) names.push(ngettext("%(count)s more", "%(count)s more", count - names.length));
  if (!names.length) return gettext("Nobody else has seen this yet");
  return gettext("Seen by %(people)s", { people: enumerated(names) });
}

customElements.define("seen-by", SeenBy);
export { SeenBy };
