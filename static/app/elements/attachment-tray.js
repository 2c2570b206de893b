import { Attachments } from "../lib/attachments.js";
import { bytes } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { clone, ref } from "../lib/templates.js";
import { factsOf } from "../views/attachments.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/attachments.js").Entry} Entry */

/**
 * `<attachment-tray conversation="conv_…">` in the composer: files that are chosen, pasted or dropped anywhere on the
 * page, and addresses. Each is a chip with its progress, and can be taken away.
 *
 * Events: `chat:said` ({ text }), `attachments:change`, `attachments:settled` ({ complete }).
 */
class AttachmentTray extends AppElement {
  /** @type {Map<number, HTMLElement>} */ #chips = new Map();
  #dragging = 0;

  connectedCallback() {
    this.attachments = new Attachments(this.getAttribute("conversation") ?? "");
    this.on(this.attachments, "change", (event) => this.#changed(event.detail));
    this.on(this.attachments, "said", (event) => this.emit("chat:said", { text: event.detail }));
    this.on(this.attachments, "heard", (event) => (ref(this, "heard").textContent = event.detail));
    this.on(this.attachments, "settled", (event) => this.emit("attachments:settled", { complete: event.detail }));
    this.on(this.#composer, "click", (event) => this.#clicked(event));
    this.on(this, "change", (event) => this.#chosen(event));
    this.on(this.#dialog, "submit", (event) => this.#submitted(event));
    this.#render();
    if (this.closest("form")?.hasAttribute("data-people-only")) return; // files are for models
    this.on(document, "paste", (event) => this.#pasted(event));
    for (const type of ["dragenter", "dragover", "dragleave", "drop"])
      this.on(document, type, (event) => this.#dragged(event));
  }

  /** The buttons, the dialog and the target stand outside the list: a form takes no form into itself. */
  get #composer() {
    return /** @type {HTMLElement} */ (this.closest("chat-composer"));
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (ref(this.#composer, "address"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input[type=file]"));
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    const chip = button?.closest("[data-key]");
    if (chip instanceof HTMLElement) this.#remove(Number(chip.dataset.key));
    else if (button?.dataset.attach === "files") this.#input.click();
    else if (button?.dataset.attach === "address") this.#dialog.showModal();
    else if (button?.dataset.attach === "cancel") this.#dialog.close();
    if (button?.dataset.attach) ref(this.#composer, "attach-menu").hidePopover();
  }

  /** The focus goes to the neighbour of what is taken away. @param {number} key */
  #remove(key) {
    const keys = [...this.#chips.keys()];
    const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
    this.attachments?.remove(key);
    const chip = next === undefined ? undefined : this.#chips.get(next);
    (chip?.querySelector("button") ?? /** @type {HTMLElement} */ (ref(this.#composer, "attach"))).focus();
  }

  /** @param {Event} event */
  #chosen(event) {
    const target = /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target);
    if (target === this.#input) {
      this.attachments?.addFiles(this.#input.files ?? []);
      this.#input.value = "";
      return;
    }
    const chip = target.closest("[data-key]");
    if (chip instanceof HTMLElement)
      this.attachments?.setDetail(Number(chip.dataset.key), /** @type {import("../types").Detail} */ (target.value));
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("address"));
    const problem = this.attachments?.addAddress(field.value) ?? "";
    field.setCustomValidity(problem);
    if (problem) {
      event.preventDefault();
      field.reportValidity();
      field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
      return;
    }
    form.reset();
  }

  /** Files, and pictures that are written out, become attachments wherever they are pasted. @param {ClipboardEvent} event */
  #pasted(event) {
    const target = /** @type {Element} */ (event.target);
    const elsewhere = target.closest?.("input, dialog, [contenteditable]");
    if (elsewhere) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData("text/plain") ?? "";
    // Programs that copy text with its look put a picture of it beside it: the text is meant
    const written = text !== "" && event.clipboardData?.types.includes("text/html");
    if (files.length && !written) {
      event.preventDefault();
      this.attachments?.addFiles(files);
    } else if (text.startsWith("data:image/") && this.attachments?.addAddress(text) === "") event.preventDefault();
  }

  /** @param {DragEvent} event */
  #dragged(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "dragenter") this.#dragging++;
    if (event.type === "dragleave") this.#dragging--;
    if (event.type === "drop") {
      this.#dragging = 0;
      this.attachments?.addFiles(event.dataTransfer.files);
    }
    ref(this.#composer, "target").hidden = this.#dragging <= 0;
  }

  /** @param {number | null} key */
  #changed(key) {
    const entry = this.attachments?.entries.find((known) => known.key === key);
    const chip = entry && this.#chips.get(entry.key);
    if (entry && chip) return paint(chip, entry);
    this.#render();
    this.emit("attachments:change");
  }

  #render() {
    const list = ref(this, "list");
    const entries = this.attachments?.entries ?? [];
    for (const [key, chip] of this.#chips) {
      if (entries.some((entry) => entry.key === key)) continue;
      chip.remove();
      this.#chips.delete(key);
    }
    for (const entry of entries) {
      const chip = this.#chips.get(entry.key) ?? clone("attachment-template");
      if (!this.#chips.has(entry.key)) {
        this.#chips.set(entry.key, chip);
        chip.dataset.key = String(entry.key);
        list.append(chip);
      }
      paint(chip, entry);
    }
    list.hidden = entries.length === 0;
  }
}

/**
 * @param {HTMLElement} chip
 * @param {Entry} entry
 */
function paint(chip, { state, name, size, picture, problem, share, image, attachment }) {
  chip.classList.toggle("bad", state === "failed");
  ref(chip, "name").textContent = name;
  const progress = /** @type {HTMLProgressElement} */ (ref(chip, "progress"));
  progress.hidden = state !== "uploading";
  progress.value = share;
  progress.ariaLabel = gettext("Uploading %(name)s", { name });
  const facts = attachment ? factsOf(attachment) : bytes(size);
  ref(chip, "facts").textContent = state === "failed" ? problem : state === "ready" ? facts : "";
  const detail = /** @type {HTMLSelectElement} */ (ref(chip, "detail"));
  detail.hidden = state !== "ready" || !picture;
  detail.ariaLabel = gettext("Detail of %(name)s", { name });
  if (attachment) detail.value = attachment.detail;
  ref(chip, "remove").ariaLabel =
    state === "uploading" ? gettext("Cancel %(name)s", { name }) : gettext("Remove %(name)s", { name });
  const shown = /** @type {HTMLImageElement} */ (ref(chip, "image"));
  const source = attachment?.file && picture ? `${attachment.url}preview/` : image;
  shown.hidden = !picture || !source || state === "failed";
  ref(chip, "kind").hidden = !shown.hidden;
  if (source && shown.getAttribute("src") !== source) shown.src = source;
}

customElements.define("attachment-tray", AttachmentTray);
export { AttachmentTray };
