import { keep, kept } from "../lib/drafts.js";
import { sends } from "../lib/keys.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<chat-composer conversation="conv_…">` around a form with the textarea `text`, the select `model` and the buttons
 * Send and Stop. It grows with its text and keeps a draft.
 *
 * Events: `chat:send` ({ text }), `chat:stop`, `chat:model` ({ model }), `chat:edit-last`.
 */
class ChatComposer extends AppElement {
  connectedCallback() {
    const area = this.area;
    area.value ||= kept("draft", this.conversation);
    this.on(this.form, "submit", (event) => this.#submit(event));
    this.on(area, "keydown", (event) => this.#pressed(event));
    this.on(area, "input", () => this.#typed());
    this.on(ref(this, "stop"), "click", () => this.emit("chat:stop"));
    const model = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem("model"));
    this.on(model, "change", () => this.emit("chat:model", { model: model.value }));
    this.#grow();
  }

  get conversation() {
    return this.getAttribute("conversation") ?? "";
  }

  get form() {
    return /** @type {HTMLFormElement} */ (this.querySelector("form"));
  }

  get area() {
    return /** @type {HTMLTextAreaElement} */ (this.form.elements.namedItem("text"));
  }

  /** @param {boolean} running something runs here, so it can be stopped */
  set running(running) {
    const stop = ref(this, "stop");
    const focused = document.activeElement === stop;
    stop.hidden = !running;
    if (focused && !running) this.area.focus();
  }

  /** @param {string} model */
  set model(model) {
    const select = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem("model"));
    if ([...select.options].some((option) => option.value === model)) select.value = model;
  }

  /**
   * Puts text into the box, before what stands there.
   * @param {string} text
   */
  fill(text) {
    this.area.value = [text, this.area.value].filter(Boolean).join("\n\n");
    this.#typed();
    this.area.focus();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.area.value.trim();
    if (!text) return;
    this.area.value = "";
    this.#typed();
    this.emit("chat:send", { text });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (sends(event)) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && this.area.value === "") {
      event.preventDefault();
      this.emit("chat:edit-last");
    }
  }

  #typed() {
    keep("draft", this.conversation, this.area.value);
    this.#grow();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.area.style.setProperty("height", "auto");
    this.area.style.setProperty("height", `${this.area.scrollHeight}px`);
  }
}

customElements.define("chat-composer", ChatComposer);
export { ChatComposer };
