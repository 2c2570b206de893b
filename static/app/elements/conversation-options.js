import { gettext } from "../lib/gettext.js";
import { clone, ref } from "../lib/templates.js";
import { fromField, optionOf, toField } from "../lib/options.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../types").Conversation} Conversation */

/** @type {Record<string, string>} */
const STATES = {
  stored: gettext(
    "The provider keeps each response for 30 days, and the next one names it. Long conversations stay cheap.",
  ),
  manual: gettext(
    "Each request carries the history from here. The provider keeps the responses for 30 days all the same.",
  ),
  stateless: gettext("Each request carries the history from here, reasoning sealed. The provider keeps nothing."),
};

/**
 * `<conversation-options>`: the panel with what every turn of the conversation asks for. A field is saved when it is
 * left; what others change is shown at once, but for the field that is being written in.
 *
 * Events: `options:save` ({ change, done, failed }: what `conversation:save` takes, and what to call then).
 */
class ConversationOptions extends AppElement {
  /** @type {Conversation | undefined} */ #conversation;
  /** @type {Element | null} */ #opener = null;
  #timer = 0;

  connectedCallback() {
    this.on(this, "change", (event) => this.#changed(event.target));
    this.on(this, "click", (event) => {
      if (event.target.closest("[data-options=close]")) this.close();
    });
    this.on(this, "keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    });
  }

  /** @returns {HTMLElement[]} */
  get fields() {
    return [...this.querySelectorAll(".field")].filter((field) => field instanceof HTMLElement);
  }

  toggle() {
    if (this.hidden) this.open();
    else this.close();
  }

  open() {
    this.#opener = document.activeElement;
    this.hidden = false;
    this.closest(".app")?.classList.add("with-panel");
    this.querySelector("h2")?.focus({ preventScroll: true });
  }

  close() {
    if (this.hidden) return;
    this.hidden = true;
    this.closest(".app")?.classList.remove("with-panel");
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus({ preventScroll: true });
    else this.emit("chat:unfocused");
  }

  /**
   * @param {Conversation} conversation as it is now
   * @param {import("../types").Model | undefined} model that answers in it
   */
  update(conversation, model) {
    this.#conversation = conversation;
    const offered = model?.options ?? {};
    let hidden = false;
    for (const field of this.fields) {
      const { path } = field.dataset;
      if (path) {
        field.hidden = !(path in offered);
        hidden ||= field.hidden;
        if (!field.hidden) fill(field, offered[path] ?? null);
      }
      const control = controlOf(field);
      control.disabled = !conversation.may_write || control.dataset.locked !== undefined;
      if (document.activeElement !== control && !field.querySelector(".problem")) this.#show(field);
    }
    for (const section of this.querySelectorAll("section")) {
      const fields = [...section.querySelectorAll(".field")].filter((field) => field instanceof HTMLElement);
      if (fields.length > 0) section.hidden = fields.every((field) => field.hidden);
    }
    ref(this, "hidden").hidden = !hidden;
    ref(this, "state").textContent = STATES[conversation.state_in_force] ?? "";
  }

  /** @param {HTMLElement} field */
  #show(field) {
    const { path, column } = field.dataset;
    const conversation = this.#conversation;
    if (!conversation) return;
    const value = path
      ? optionOf(conversation.options ?? {}, path)
      : conversation[column === "state" ? column : "instructions"];
    const control = controlOf(field);
    // A schema that is not in the library any more
    if (path === "text.format" && control instanceof HTMLSelectElement && typeof value === "string") {
      if (![...control.options].some((option) => option.value === value)) control.add(new Option(value, value));
    }
    toField(control, value);
  }

  /** @param {EventTarget | null} target */
  #changed(target) {
    const field = target instanceof Element ? target.closest(".field") : null;
    if (!(field instanceof HTMLElement)) return;
    const { path, column } = field.dataset;
    const value = fromField(controlOf(field));
    const change = path ? { options: { [path]: value } } : { [column ?? ""]: value ?? "" };
    this.#problem(field, "");
    this.emit("options:save", {
      change,
      done: () => this.#say(gettext("Saved")),
      failed: (/** @type {string} */ sentence) => this.#problem(field, sentence),
    });
  }

  /**
   * Says beside a field what is wrong with it; what was written stays there.
   * @param {HTMLElement} field
   * @param {string} sentence
   */
  #problem(field, sentence) {
    const control = controlOf(field);
    field.querySelector(".problem")?.remove();
    control.toggleAttribute("aria-invalid", Boolean(sentence));
    if (!sentence) return;
    control.setAttribute("aria-invalid", "true");
    const problem = clone("option-problem-template");
    ref(problem, "words").textContent = sentence;
    problem.role = "alert";
    field.append(problem);
  }

  /** @param {string} words */
  #say(words) {
    const said = ref(this, "said");
    said.textContent = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (said.textContent = ""), 2500);
  }
}

/** @param {HTMLElement} field */
const controlOf = (field) =>
  /** @type {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */ (field.querySelector("[data-control]"));

/**
 * Gives a select the values that the model takes, after the one that leaves it to the model.
 * @param {HTMLElement} field
 * @param {import("../types").Offer} offer
 */
function fill(field, offer) {
  const control = controlOf(field);
  if (!(control instanceof HTMLSelectElement) || !Array.isArray(offer)) return;
  const known = [...control.options].slice(1).map((option) => option.value);
  if (known.join() === offer.join()) return;
  const chosen = control.value;
  control.replaceChildren(...[...control.options].slice(0, 1), ...offer.map((value) => new Option(value, value)));
  control.value = chosen;
}

customElements.define("conversation-options", ConversationOptions);
export { ConversationOptions };
