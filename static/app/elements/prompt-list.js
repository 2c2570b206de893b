import { get } from "../lib/api.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

const PAUSE = 80; // milliseconds
const TYPED = /^\/([^\n/]{0,60})$/;

/** @typedef {{ name: string, kind: "text" | "long" | "date" | "choice", choices: string[] }} Variable */
/** @typedef {{ id: number, title: string, pieces: (string | Variable)[] }} Prompt */

/**
 * `<prompt-list>` beside a textarea in a form: offers prompts of the library where a message begins with `/`. What a
 * prompt asks for is asked in a dialog. The textarea keeps the focus; arrows choose, Enter and Tab take, Escape leaves.
 */
class PromptList extends AppElement {
  #timer = 0;
  #asked = "";
  #at = 0;
  /** @type {Prompt[]} */ #prompts = [];
  /** @type {Prompt | undefined} */ #chosen;

  connectedCallback() {
    this.on(this.area, "input", () => this.#look());
    this.on(this.area, "blur", () => this.#close());
    this.on(this.area, "keydown", (event) => this.#pressed(event), { capture: true }); // before Enter sends
    this.on(this.list, "pointerdown", (event) => {
      event.preventDefault(); // the focus stays
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option) this.#take([...this.list.children].indexOf(option));
    });
    this.on(this.dialog, "submit", () => this.#fill());
    this.on(ref(this.dialog, "cancel"), "click", () => this.dialog.close());
  }

  get area() {
    return /** @type {HTMLTextAreaElement} */ (this.closest("form")?.elements.namedItem("text"));
  }

  get list() {
    return /** @type {HTMLElement} */ (this.querySelector("[role=listbox]"));
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.closest("chat-composer")?.querySelector("[data-ref=prompt]"));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asked = "";
    this.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  #look() {
    const typed = TYPED.exec(this.area.value);
    if (!typed) return this.#close();
    if (typed[0] === this.#asked) return;
    this.#asked = typed[0];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(typed[0], typed[1] ?? ""), PAUSE);
  }

  /**
   * @param {string} asked
   * @param {string} query
   */
  async #ask(asked, query) {
    const { prompts } = await get(`/prompts/offered/?${new URLSearchParams({ q: query })}`).catch(() => ({
      prompts: [],
    }));
    if (asked !== this.#asked) return; // more was typed
    this.#prompts = prompts;
    this.list.replaceChildren(...this.#prompts.map(option));
    this.hidden = this.#prompts.length === 0;
    this.#choose(0);
  }

  /** @param {number} at */
  #choose(at) {
    this.#at = at;
    const options = [...this.list.children];
    for (const [index, element] of options.entries()) element.ariaSelected = String(index === at);
    if (this.hidden) return;
    this.area.setAttribute("aria-activedescendant", options[at]?.id ?? "");
    options[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (this.hidden || event.isComposing || event.shiftKey) return;
    const count = this.#prompts.length;
    if (event.key === "ArrowDown") this.#choose((this.#at + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#at + count - 1) % count);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#at);
    else if (event.key === "Escape") this.hidden = true;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** @param {number} index */
  #take(index) {
    this.#chosen = this.#prompts[index];
    this.#close();
    if (!this.#chosen) return;
    const variables = new Map(
      this.#chosen.pieces.filter((piece) => typeof piece !== "string").map((piece) => [piece.name, piece]),
    );
    if (variables.size === 0) return this.#put(this.#chosen.pieces.join(""));
    ref(this.dialog, "fields").replaceChildren(...[...variables.values()].map(field));
    /** @type {HTMLElement} */ (this.dialog.querySelector("h2")).textContent = this.#chosen.title;
    this.dialog.showModal();
  }

  #fill() {
    const form = /** @type {HTMLFormElement} */ (this.dialog.querySelector("form"));
    const values = new FormData(form);
    const text = this.#chosen?.pieces.map((piece) =>
      typeof piece === "string" ? piece : String(values.get(piece.name) ?? ""),
    );
    this.#put(text?.join("") ?? "");
  }

  /** @param {string} text */
  #put(text) {
    const { area } = this;
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    // A dialog gives the focus back to where it was, a moment later
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(text.length, text.length);
    });
  }
}

/**
 * @param {Prompt} prompt
 * @param {number} index
 */
function option(prompt, index) {
  const element = document.createElement("li");
  element.role = "option";
  element.id = `prompt-${index}`;
  const name = document.createElement("span");
  name.textContent = prompt.title;
  element.append(name);
  return element;
}

/** @param {Variable} variable */
function field({ name, kind, choices }, index = 0) {
  const element = document.createElement("div");
  element.className = "field";
  const label = document.createElement("label");
  label.textContent = name;
  const control = controlOf(kind, choices);
  control.id = `prompt-field-${index}`;
  control.name = name;
  control.className = "input";
  control.required = true;
  label.htmlFor = control.id;
  element.append(label, control);
  return element;
}

/**
 * @param {Variable["kind"]} kind
 * @param {string[]} choices
 */
function controlOf(kind, choices) {
  if (kind === "choice") {
    const select = document.createElement("select");
    select.append(...choices.map((choice) => new Option(choice, choice)));
    return select;
  }
  if (kind === "long") return Object.assign(document.createElement("textarea"), { rows: 4 });
  return Object.assign(document.createElement("input"), {
    type: kind === "date" ? "date" : "text",
    autocomplete: "off",
  });
}

customElements.define("prompt-list", PromptList);
export { PromptList };
