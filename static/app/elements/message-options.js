import { gettext } from "../lib/gettext.js";
import { optionOf } from "../lib/options.js";
import { clone, ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<message-options>`: effort and verbosity of the next message, behind one button of the composer. What is chosen
 * counts for one message; then the conversation's own options count again.
 */
class MessageOptions extends AppElement {
  /** @type {Map<string, string>} */ #chosen = new Map();

  connectedCallback() {
    this.on(this, "change", (event) => this.#choose(event.target));
    this.on(this, "click", (event) => {
      if (event.target.closest("[data-menu]")) this.#list.hidePopover();
    });
  }

  get #list() {
    return /** @type {HTMLElement} */ (this.querySelector("[popover]"));
  }

  /** What the next message asks for, by the parameters' paths; undefined where it asks for nothing of its own. */
  get value() {
    return this.#chosen.size ? Object.fromEntries(this.#chosen) : undefined;
  }

  reset() {
    this.#chosen.clear();
    for (const input of this.querySelectorAll("input")) input.checked = input.value === "";
    this.#mark();
  }

  /**
   * @param {import("../types").Conversation} conversation
   * @param {import("../types").Model | undefined} model
   */
  update(conversation, model) {
    let any = false;
    for (const set of this.querySelectorAll("fieldset")) {
      const path = set.dataset.path ?? "";
      const offer = model?.options?.[path];
      const values = Array.isArray(offer) ? offer : [];
      set.hidden = values.length < 2;
      any ||= !set.hidden;
      this.#fill(set, path, values, String(optionOf(conversation.options ?? {}, path) ?? ""));
    }
    this.hidden = !any;
    this.#mark();
  }

  /**
   * @param {HTMLFieldSetElement} set
   * @param {string} path
   * @param {string[]} values
   * @param {string} usual what the conversation asks for
   */
  #fill(set, path, values, usual) {
    if (!values.includes(this.#chosen.get(path) ?? "")) this.#chosen.delete(path);
    const state = JSON.stringify([values, usual]);
    if (set.dataset.state === state) return;
    set.dataset.state = state;
    const labels = ["", ...values].map((value) => {
      const label = clone("message-option-template");
      const input = /** @type {HTMLInputElement} */ (label.querySelector("input"));
      input.name = path;
      input.value = value;
      input.checked = value === (this.#chosen.get(path) ?? "");
      ref(label, "words").textContent =
        value || (usual ? gettext("as set: %(value)s", { value: usual }) : gettext("as set"));
      return label;
    });
    ref(set, "values").replaceChildren(...labels);
  }

  /** @param {EventTarget | null} target */
  #choose(target) {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.value) this.#chosen.set(target.name, target.value);
    else this.#chosen.delete(target.name);
    this.#mark();
  }

  #mark() {
    const button = ref(this, "button");
    button.ariaPressed = String(this.#chosen.size > 0);
    const words = [...this.#chosen].map(([path, value]) => `${path.split(".").at(-1)} ${value}`);
    button.title = words.length
      ? gettext("Next message: %(options)s", { options: words.join(", ") })
      : (button.ariaLabel ?? "");
  }
}

customElements.define("message-options", MessageOptions);
export { MessageOptions };
