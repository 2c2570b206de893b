import { commandsOf, conversationsOf, fitting } from "../lib/commands.js";
import { fetchFragment } from "../lib/fragment.js";
import { asksForCommands, isComposing } from "../lib/shortcuts.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/commands.js").Command} Command */

const MOST = 8;
const PAUSE = 120; // milliseconds of quiet before the server is asked

/**
 * `<command-palette source="/sidebar/" search="/search/">`: goes to a conversation by its title, and does what the page
 * offers (`data-command`). A combobox over a listbox: the focus stays in the field, the arrows choose.
 */
export class CommandPalette extends AppElement {
  #timer = 0;
  #abort = new AbortController();
  /** @type {Command[]} */ #shown = [];
  #at = 0;

  connectedCallback() {
    this.on(document, "keydown", (event) => {
      if (!asksForCommands(event)) return;
      event.preventDefault();
      this.toggle();
    });
    for (const button of document.querySelectorAll("[data-part=palette]")) {
      this.on(button, "click", () => this.toggle());
    }
    this.on(this.field, "input", () => this.#typed());
    this.on(this.field, "keydown", (event) => this.#pressed(event));
    this.on(this.list, "click", (event) => this.#clicked(event));
    this.on(this.dialog, "close", () => this.#stop());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  get field() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  get list() {
    return ref(this, "list");
  }

  /** Opens it, unless something else asks already; closes it when it is open. */
  toggle() {
    if (this.dialog.open) return this.dialog.close();
    if (document.querySelector("dialog[open]")) return;
    this.field.value = "";
    this.dialog.showModal();
    this.#show(this.#known());
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  /** The conversations that the page has in its sidebar already. */
  #known() {
    const sidebar = document.querySelector("side-bar [data-part=list]");
    return sidebar ? fitting(conversationsOf(sidebar, Infinity), this.field.value).slice(0, MOST) : [];
  }

  #typed() {
    this.#stop();
    this.#show(this.#known());
    const query = this.field.value.trim();
    if (query) this.#timer = setTimeout(() => this.#look(query), PAUSE);
  }

  /** @param {string} query */
  async #look(query) {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const found = await fetchFragment(`${this.getAttribute("source")}?${new URLSearchParams({ q: query })}`, signal);
      if (!signal.aborted) this.#show(conversationsOf(found, MOST));
    } catch {
      // What is listed stays; the next letter asks again
    }
  }

  /** @param {Command[]} conversations */
  #show(conversations) {
    const query = this.field.value.trim();
    const address = `${this.getAttribute("search")}?${new URLSearchParams({ q: query })}`;
    const words = /** @type {string} */ (ref(this, "search").dataset.words);
    const search = { label: words.replace("%s", query), run: () => location.assign(address) };
    const groups = {
      conversations,
      actions: fitting(commandsOf(document), query).slice(0, query ? MOST : 2 * MOST),
      search: query ? [search] : [],
    };
    this.#shown = [];
    for (const [name, commands] of Object.entries(groups)) this.#fill(name, commands);
    ref(this, "count").textContent = `${this.#shown.length}`;
    ref(this, "nothing").hidden = this.#shown.length > 0;
    this.#choose(0);
  }

  /**
   * @param {string} name of the group
   * @param {Command[]} commands
   */
  #fill(name, commands) {
    const group = ref(this, name);
    group.hidden = commands.length === 0;
    const options = commands.map(({ label }, index) => {
      const option = document.createElement("div");
      option.id = `palette-${this.#shown.length + index}`;
      option.setAttribute("role", "option");
      option.ariaSelected = "false";
      option.textContent = label;
      return option;
    });
    group.replaceChildren(...[...group.children].slice(0, 1), ...options);
    this.#shown.push(...commands);
  }

  /** @param {number} at */
  #choose(at) {
    const options = [...this.list.querySelectorAll("[role=option]")];
    this.#at = at;
    for (const [index, option] of options.entries()) option.ariaSelected = String(index === at);
    const chosen = options[at];
    if (!chosen) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const count = this.#shown.length;
    if (isComposing(event) || count === 0) return;
    if (event.key === "ArrowDown") this.#choose((this.#at + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#at + count - 1) % count);
    else if (event.key === "Enter") this.#run(this.#at);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) this.#run(Number(option.id.split("-")[1]));
  }

  /** @param {number} at */
  #run(at) {
    this.dialog.close();
    this.#shown[at]?.run();
  }
}
