// A message of a person, or what a program sent in its place.
import { clock } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { textOf } from "../lib/item-text.js";
import { MarkdownStream } from "../lib/markdown.js";
import { markMentions } from "../lib/mentions.js";
import { clone, ref } from "../lib/templates.js";
import { AttachmentsView } from "./attachments.js";
import { showAvatar } from "./faces.js";
import { MarginView } from "./margin.js";

/** @typedef {import("../types").Person} Person */
/**
 * @typedef {object} Message
 * @property {number} [id] where it is stored
 * @property {Person | null} author
 * @property {string} created_at
 * @property {import("../types").Item} payload
 * @property {"" | "waiting" | "sending" | "failed"} state
 * @property {string} problem
 * @property {boolean} editable
 * @property {{ name: string }[]} [mentions]
 * @property {boolean} [toPeople] a note, which no model reads
 * @property {boolean} [removable]
 */

export class MessageView {
  element = clone("message-template");
  margin = new MarginView(this.element);
  #prose = new MarkdownStream(ref(this.element, "prose"), { breaks: true });
  #files = new AttachmentsView(ref(this.element, "files"));
  /** @type {HTMLFormElement | undefined} */ #form;

  /** @param {Message} message */
  update(message) {
    const { author, payload, state } = message;
    const name = author?.name ?? gettext("Program");
    const article = /** @type {HTMLElement} */ (this.element.querySelector("article"));
    article.ariaLabel = gettext("Message from %(name)s", { name });
    article.classList.toggle("sending", state === "sending" || state === "waiting");
    ref(this.element, "name").textContent = name;
    showAvatar(ref(this.element, "avatar"), author);
    const time = /** @type {HTMLTimeElement} */ (ref(this.element, "time"));
    time.dateTime = message.created_at;
    time.textContent = clock(message.created_at);
    const label = { "": "", sending: gettext("sending"), waiting: gettext("waits for the connection"), failed: "" }[
      state
    ];
    const { toPeople = false, removable = false } = message;
    article.classList.toggle("to-people", toPeople);
    ref(this.element, "remove").hidden = !removable;
    ref(this.element, "state").textContent = label || (toPeople ? gettext("to people") : "");
    ref(this.element, "edit").hidden = !message.editable;
    const report = /** @type {HTMLAnchorElement} */ (ref(this.element, "report"));
    report.hidden = message.id === undefined;
    report.href = `${location.pathname}report/?item=${message.id}`;
    const seen = ref(this.element, "seen");
    seen.hidden = message.id === undefined;
    seen.setAttribute("item", String(message.id ?? ""));
    ref(this.element, "problem").hidden = state !== "failed";
    ref(this.element, "reason").textContent = state === "failed" ? `${gettext("Not sent.")} ${message.problem}` : "";
    this.text = textOf(payload);
    this.#prose.end(this.text);
    const names = message.mentions?.map(({ name }) => name) ?? [];
    if (this.text.includes("@")) markMentions(this.#prose.root, names);
    ref(this.element, "prose").hidden = this.text === "" || this.#form !== undefined;
    this.#files.update(payload.content);
  }

  /** Opens the message for another wording; `Escape` and Cancel leave it as it was. */
  edit() {
    if (this.#form) return;
    this.#form = /** @type {HTMLFormElement} */ (clone("edit-template"));
    const area = /** @type {HTMLTextAreaElement} */ (this.#form.elements.namedItem("text"));
    area.value = this.text;
    const prose = ref(this.element, "prose");
    prose.hidden = true;
    prose.after(this.#form);
    area.focus();
  }

  /** Leaves editing; the focus goes back to the button that began it. */
  leave() {
    this.#form?.remove();
    this.#form = undefined;
    ref(this.element, "prose").hidden = false;
    ref(this.element, "edit").focus();
  }

  text = "";
}
