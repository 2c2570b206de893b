import { keep, kept } from "../lib/drafts.js";
import { gettext } from "../lib/gettext.js";
import { sends } from "../lib/keys.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";
import "./attachment-tray.js";
import "./mention-list.js";
import "./prompt-list.js";

const TELL_AGAIN = 7000; // milliseconds; the server forgets after ten seconds

/**
 * `<chat-composer conversation="conv_…">` around a form with the textarea `text`, the select `model` and the buttons
 * Send and Stop. It grows with its text and keeps a draft. A message whose files are still on their way is sent when
 * they have come.
 *
 * Events: `chat:send` ({ text, attachments }, or { text, to: "people" }), `chat:typing` ({ to }), `chat:stop`, `chat:model` ({ model }), `chat:edit-last`.
 */
class ChatComposer extends AppElement {
  #told = /** @type {{ to: "" | "model" | "people", at: number }} */ ({ to: "", at: 0 });
  #waits = false;
  /** Whether the chosen model sees pictures. */ sees = true;

  connectedCallback() {
    const area = this.area;
    area.value ||= kept("draft", this.conversation);
    this.on(this.form, "submit", (event) => this.#submit(event));
    this.on(area, "keydown", (event) => this.#pressed(event));
    this.on(area, "input", () => this.#typed());
    this.on(this, "attachments:settled", (event) => this.#settled(event.detail.complete));
    this.on(ref(this, "stop"), "click", () => this.emit("chat:stop"));
    const model = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem("model"));
    this.on(model, "change", () => this.emit("chat:model", { model: model.value }));
    this.on(this.form, "change", () => this.#choose());
    this.#choose();
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

  get attachments() {
    const tray = /** @type {import("./attachment-tray.js").AttachmentTray} */ (this.querySelector("attachment-tray"));
    return /** @type {import("../lib/attachments.js").Attachments} */ (tray.attachments);
  }

  /**
   * Puts text into the box, before what stands there, and attachments beside it.
   * @param {string} text
   * @param {import("../types").Attachment[]} [attachments]
   */
  fill(text, attachments = []) {
    this.attachments.addAgain(attachments);
    this.area.value = [text, this.area.value].filter(Boolean).join("\n\n");
    this.#typed();
    this.area.focus();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.area.value.trim();
    const to = this.#audience(text);
    if (to === "people" && !text) return;
    this.#waits = to === "model" && this.attachments.busy;
    if (this.#waits) return this.emit("chat:said", { text: gettext("It is sent as soon as the files have come.") });
    const pictures = to === "model" && this.attachments.entries.some((entry) => entry.picture && entry.attachment);
    if (pictures && !this.sees)
      return this.emit("chat:said", {
        text: gettext("This model cannot see pictures. Choose another model, or remove them."),
      });
    if (!text && this.attachments.ready.length === 0) return;
    this.area.value = "";
    this.#typed();
    if (to === "people") return this.emit("chat:send", { text, to });
    this.emit("chat:send", { text, attachments: this.attachments.take() });
  }

  /**
   * Whom a text is for. `@salon` in what goes to people calls the model all the same.
   * @param {string} text
   * @returns {"model" | "people"}
   */
  #audience(text) {
    const chosen = new FormData(this.form).get("audience");
    const calls = /(^|\s)@salon\b/i.test(text) && !this.form.hasAttribute("data-people-only");
    return chosen === "people" && !calls ? "people" : "model";
  }

  /** The box says whom it speaks to. */
  #choose() {
    const people = this.#audience("") === "people";
    this.area.placeholder = (people ? this.area.dataset.people : this.area.dataset.model) ?? "";
    this.form.classList.toggle("to-people", people);
  }

  /** @param {boolean} shared whether there is anybody else to speak to */
  set shared(shared) {
    const choice = this.querySelector("[data-ref=audience]");
    if (choice instanceof HTMLElement) choice.hidden = !shared;
  }

  /** @param {boolean} complete whether every file has come: with one missing the writer decides */
  #settled(complete) {
    if (this.#waits && complete) this.form.requestSubmit();
    this.#waits = false;
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
    this.#tellTyping();
    this.#grow();
  }

  /** The others are told that something is being typed, not what. */
  #tellTyping() {
    const text = this.area.value.trim();
    const to = text ? this.#audience(text) : "";
    const now = performance.now();
    if (to === this.#told.to && (to === "" || now - this.#told.at < TELL_AGAIN)) return;
    this.#told = { to, at: now };
    this.emit("chat:typing", { to });
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.area.style.setProperty("height", "auto");
    this.area.style.setProperty("height", `${this.area.scrollHeight}px`);
  }
}

customElements.define("chat-composer", ChatComposer);
export { ChatComposer };
