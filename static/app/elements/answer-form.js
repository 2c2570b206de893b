import { gettext } from "../lib/gettext.js";
import { optionOf } from "../lib/options.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** `<answer-form>`: what the next answer is asked for as, behind one button of the composer: words, JSON, a schema. */
class AnswerForm extends AppElement {
  connectedCallback() {
    this.on(this, "change", () => {
      this.#mark();
      this.#list.hidePopover();
    });
  }

  get #list() {
    return /** @type {HTMLElement} */ (this.querySelector("[popover]"));
  }

  get #chosen() {
    return this.querySelector("input:checked")?.getAttribute("value") ?? "";
  }

  /** What the next message asks for, by the parameter's path; undefined where it is as the conversation says. */
  get value() {
    return this.#chosen ? { "text.format": this.#chosen } : undefined;
  }

  reset() {
    const usual = this.querySelector("input");
    if (usual) usual.checked = true;
    this.#mark();
  }

  /**
   * @param {import("../types").Conversation} conversation
   * @param {import("../types").Model | undefined} model
   */
  update(conversation, model) {
    this.hidden = !("text.format" in (model?.options ?? {}));
    if (this.hidden) this.reset();
    const usual = String(optionOf(conversation.options ?? {}, "text.format") ?? "");
    ref(this, "usual").textContent =
      { "": gettext("words"), text: gettext("words"), json_object: "JSON" }[usual] ?? usual;
    this.#mark();
  }

  #mark() {
    const button = ref(this, "button");
    button.ariaPressed = String(this.#chosen !== "");
    button.title = this.#chosen ? gettext("Next answer: %(form)s", { form: this.#chosen }) : (button.ariaLabel ?? "");
  }
}

customElements.define("answer-form", AnswerForm);
export { AnswerForm };
