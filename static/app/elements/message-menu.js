import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/marks.js").Marks} Marks */

/**
 * `<message-menu>`: the one menu of all messages and answers. Each has a button that opens it (`popovertarget`).
 *
 * Events: `marks:react` ({ key, emoji, on }), `marks:comment` ({ key }), `marks:bookmark` ({ key, on }),
 * `marks:link` ({ turn }: copy the address of a turn).
 */
export class MessageMenu extends AppElement {
  #key = "";
  #turn = "";
  /** @type {Marks | undefined} */ #marks;

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(this, "submit", (event) => this.#submitted(event));
  }

  get menu() {
    return ref(this, "menu");
  }

  /**
   * What the menu is about from now on.
   * @param {{ key: string, turn: string, marks: Marks }} place
   */
  aim({ key, turn, marks }) {
    this.#key = key;
    this.#turn = turn;
    this.#marks = marks;
    const own = marks.reactions(key).filter(({ mine }) => mine);
    for (const button of this.querySelectorAll("[data-emoji]")) {
      button.ariaPressed = String(own.some(({ emoji }) => emoji === button.getAttribute("data-emoji")));
    }
    const words = ref(this, "bookmark");
    words.textContent = (marks.isBookmarked(key) ? words.dataset.undo : words.dataset.do) ?? "";
    ref(this, "link").hidden = turn === "";
    this.querySelector("form")?.reset();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    const { emoji, mark } = button?.dataset ?? {};
    if (emoji) return this.#react(emoji, button?.ariaPressed !== "true");
    if (!mark) return;
    this.menu.hidePopover();
    const key = this.#key;
    if (mark === "comment") this.emit("marks:comment", { key });
    if (mark === "bookmark") this.emit("marks:bookmark", { key, on: !this.#marks?.isBookmarked(key) });
    if (mark === "link") this.emit("marks:link", { turn: this.#turn });
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const emoji = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("emoji")).trim();
    if (emoji) this.#react(emoji, true);
  }

  /**
   * @param {string} emoji
   * @param {boolean} on
   */
  #react(emoji, on) {
    this.menu.hidePopover();
    this.emit("marks:react", { key: this.#key, emoji, on });
  }
}

customElements.define("message-menu", MessageMenu);
