import { get } from "../lib/api.js";
import { gettext } from "../lib/gettext.js";
import { typedMention, withMention } from "../lib/mentions.js";
import { showAvatar } from "../views/faces.js";
import { AppElement } from "./app-element.js";

const PAUSE = 80; // milliseconds
let lists = 0;

/**
 * `<mention-list conversation="conv_…" [model]>` beside a textarea in a form: offers the members whose names begin with
 * what is typed behind an `@`, and with `model` the model too. The textarea keeps the focus; arrows choose, Enter and
 * Tab take, Escape leaves.
 */
class MentionList extends AppElement {
  #timer = 0;
  #asked = "";
  #at = 0;
  /** @type {{ start: number, query: string } | undefined} */ #typed;

  connectedCallback() {
    this.list.id = `mentions-${(lists += 1)}`;
    this.area.setAttribute("aria-controls", this.list.id);
    this.on(this.area, "input", () => this.#look());
    this.on(this.area, "blur", () => this.close());
    this.on(this.area, "click", () => this.#look());
    this.on(this.area, "keydown", (event) => this.#pressed(event), { capture: true }); // before Enter sends
    this.on(this.list, "pointerdown", (event) => {
      event.preventDefault(); // the focus stays
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option) this.#take(this.options.indexOf(option));
    });
  }

  get area() {
    return /** @type {HTMLTextAreaElement} */ (this.closest("form")?.elements.namedItem("text"));
  }

  get list() {
    return /** @type {HTMLElement} */ (this.querySelector("[role=listbox]"));
  }

  get options() {
    return [...this.list.children];
  }

  close() {
    clearTimeout(this.#timer);
    this.#typed = undefined;
    this.#asked = "";
    this.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  #look() {
    const { value, selectionStart, selectionEnd } = this.area;
    const typed = selectionStart === selectionEnd ? typedMention(value, selectionStart) : undefined;
    if (!typed) return this.close();
    this.#typed = typed;
    const asked = `@${typed.query}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(asked, typed.query), PAUSE);
  }

  /**
   * @param {string} asked
   * @param {string} query
   */
  async #ask(asked, query) {
    const path = `/conversations/${this.getAttribute("conversation")}/people/named/?${new URLSearchParams({ q: query })}`;
    const { people } = await get(path).catch(() => ({ people: [] }));
    if (asked !== this.#asked) return; // more was typed
    const model = this.hasAttribute("model") && "salon".startsWith(query.toLowerCase());
    const offered = [...(model ? [null] : []), ...people];
    this.list.replaceChildren(...offered.map((person, index) => option(person, `${this.list.id}-${index}`)));
    this.hidden = offered.length === 0;
    this.#choose(0);
  }

  /** @param {number} at */
  #choose(at) {
    this.#at = at;
    for (const [index, element] of this.options.entries()) element.ariaSelected = String(index === at);
    const chosen = this.options[at];
    if (this.hidden || !chosen) return this.area.removeAttribute("aria-activedescendant");
    this.area.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (this.hidden || event.isComposing || event.shiftKey) return;
    const count = this.options.length;
    if (event.key === "ArrowDown") this.#choose((this.#at + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#at + count - 1) % count);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#at);
    else if (event.key === "Escape")
      this.hidden = true; // what is asked for stays, so it does not open again at once
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** @param {number} index */
  #take(index) {
    const chosen = this.options[index];
    if (!(chosen instanceof HTMLElement) || !this.#typed) return;
    const { area } = this;
    const { text, caret } = withMention(area.value, this.#typed.start, area.selectionStart, chosen.dataset.name ?? "");
    area.value = text;
    area.setSelectionRange(caret, caret);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }
}

/**
 * @param {import("../types").Person | null} person null: the model
 * @param {string} id
 */
function option(person, id) {
  const element = document.createElement("li");
  element.role = "option";
  element.id = id;
  element.dataset.name = person?.name ?? "salon";
  const face = document.createElement("span");
  face.className = person ? "avatar s" : "avatar s model";
  face.ariaHidden = "true";
  if (person) showAvatar(face, person);
  else face.append(Object.assign(document.createElement("span"), { className: "lamp" }));
  const name = document.createElement("span");
  name.textContent = person?.name ?? gettext("salon, the model");
  element.append(face, name);
  return element;
}

customElements.define("mention-list", MentionList);
export { MentionList };
