// Pictures and files of a message: a grid of thumbnails, and a chip for everything else.
import { attachmentsOf } from "../lib/attachments.js";
import { bytes } from "../lib/format.js";
import { ngettext } from "../lib/gettext.js";
import { showIn } from "../lib/sizes.js";
import { clone, ref } from "../lib/templates.js";

/** @typedef {import("../types").Attachment} Attachment */

/** Draws what a message carries, anew only when that changed. */
export class AttachmentsView {
  #drawn = "";

  /** @param {HTMLElement} element the container of the message's files */
  constructor(element) {
    this.element = element;
  }

  /** @param {unknown} content the parts of a message */
  update(content) {
    const attachments = attachmentsOf(content).sort((one, other) => Number(other.picture) - Number(one.picture));
    const state = JSON.stringify(attachments);
    if (state === this.#drawn) return;
    this.#drawn = state;
    this.element.hidden = attachments.length === 0;
    this.element.replaceChildren(...attachments.map((attachment) => partOf(attachment)));
  }
}

/** @param {Attachment} attachment */
function partOf(attachment) {
  return attachment.picture && attachment.file ? thumbnail(attachment) : chip(attachment);
}

/** @param {Attachment} attachment */
function thumbnail({ url = "", name, width, height }) {
  const link = /** @type {HTMLAnchorElement} */ (clone("thumbnail-template"));
  link.href = url;
  link.title = name;
  const image = /** @type {HTMLImageElement} */ (link.querySelector("img"));
  image.alt = name;
  if (width && height) Object.assign(image, { width, height });
  showIn(image, { url, width, height }, "12rem");
  return link;
}

/** @param {Attachment} attachment */
function chip(attachment) {
  const element = /** @type {HTMLAnchorElement} */ (clone("file-template"));
  ref(element, "name").textContent = attachment.name;
  ref(element, "facts").textContent = factsOf(attachment);
  if (attachment.url) element.href = attachment.url;
  if (!attachment.file) Object.assign(element, { target: "_blank", rel: "noopener noreferrer nofollow" });
  return element;
}

/** @param {Attachment} attachment */
export function factsOf({ file, url, pages, size }) {
  if (!file && url) return new URL(url).hostname;
  const facts = [pages ? ngettext("%(count)s page", "%(count)s pages", pages) : "", size ? bytes(size) : ""];
  return facts.filter(Boolean).join(" · ");
}
