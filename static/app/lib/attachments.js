// What goes along with a message: files on their way to the server or there already, and addresses. It knows no DOM.
import { post } from "./api.js";
import { keep, kept } from "./drafts.js";
import { gettext } from "./gettext.js";
import { upload } from "./uploads.js";

/** @typedef {import("../types").Attachment} Attachment */
/** @typedef {import("../types").Part} Part */
/**
 * @typedef {object} Entry
 * @property {number} key
 * @property {"uploading" | "ready" | "failed"} state
 * @property {string} name
 * @property {number} size
 * @property {boolean} picture
 * @property {string} problem
 * @property {number} share of the upload that is done, 0 to 1
 * @property {string} image what is shown of a picture meanwhile: an address of this browser's own
 * @property {Attachment} [attachment] once it is ready
 * @property {AbortController} [upload]
 */

export const MOST = 20;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?;base64,([A-Za-z0-9+/=\s]+)$/;
const WEB_URL = /^https?:\/\/[^\s/?#\\@]+([/?#][^\s\\]*)?$/i;

/**
 * Events: `change` (detail: the key of the entry that changed, or null for the list), `said` (detail: a sentence), `heard` (one that the eye
 * has no need of),
 * `settled` (nothing is on its way any more; detail: whether all of it came).
 */
export class Attachments extends EventTarget {
  /** @type {Entry[]} */ entries = [];
  #key = 0;

  /** @param {string} conversation what is ready is kept with its draft */
  constructor(conversation) {
    super();
    this.conversation = conversation;
    for (const attachment of remembered(conversation)) this.#ready(attachment);
  }

  get busy() {
    return this.entries.some((entry) => entry.state === "uploading");
  }

  /** What can be sent now. */
  get ready() {
    return this.entries.map((entry) => entry.attachment).filter((attachment) => attachment !== undefined);
  }

  /** @param {Iterable<File>} files */
  addFiles(files) {
    for (const file of files) {
      if (this.#isFull()) return;
      this.#send(file);
    }
  }

  /**
   * An address, or a picture written out as one.
   * @param {string} text
   * @returns {string} what is wrong with it, or ""
   */
  addAddress(text) {
    const address = text.trim();
    const [, type = "application/octet-stream", data] = DATA_URL.exec(address) ?? [];
    if (this.#isFull()) return "";
    if (data) {
      const bytes = Uint8Array.from(atob(data.replaceAll(/\s/g, "")), (character) => character.charCodeAt(0));
      this.#send(new File([bytes], "pasted", { type }));
      return "";
    }
    if (!WEB_URL.test(address)) return gettext("Write an address that begins with https:// or http://.");
    this.#ready({ url: address, name: nameOf(address), picture: !isPdf(address), detail: "auto" });
    this.#changed();
    return "";
  }

  /** @param {Attachment[]} attachments that were sent, or should have been, come back */
  addAgain(attachments) {
    for (const attachment of attachments) this.#ready(attachment);
    this.#changed();
  }

  /** @param {number} key */
  remove(key) {
    const entry = this.entries.find((known) => known.key === key);
    if (!entry) return;
    entry.upload?.abort();
    this.#drop(entry);
    const id = entry.attachment?.file;
    if (id) post(`/files/${id}/remove/`).catch(() => {}); // it is swept after a day anyway
    this.#changed();
  }

  /**
   * @param {number} key
   * @param {import("../types").Detail} detail
   */
  setDetail(key, detail) {
    const entry = this.entries.find((known) => known.key === key);
    if (entry?.attachment) entry.attachment.detail = detail;
    this.#keep();
  }

  /** Hands over what is ready and empties the list; what failed goes with its sentence. */
  take() {
    const taken = this.ready;
    for (const entry of [...this.entries]) this.#drop(entry);
    this.#changed();
    return taken;
  }

  #isFull() {
    if (this.entries.length < MOST) return false;
    this.#emit("said", gettext("A message takes at most %(most)s files.", { most: MOST }));
    return true;
  }

  /** @param {File} file */
  async #send(file) {
    const picture = file.type.startsWith("image/");
    const entry = this.#add({ state: "uploading", name: file.name, size: file.size, picture });
    if (picture) entry.image = URL.createObjectURL(file);
    entry.upload = new AbortController();
    this.#changed();
    const progress = (/** @type {number} */ share) => {
      entry.share = share;
      this.#emit("change", entry.key);
    };
    try {
      const found = await upload(file, { progress, signal: entry.upload.signal });
      entry.attachment = attachmentOf(found);
      Object.assign(entry, { state: "ready", name: found.name, size: found.size, picture: entry.attachment.picture });
      const { name, moving } = found;
      if (!moving) this.#emit("heard", gettext("%(name)s is attached.", { name }));
      else this.#emit("said", gettext("%(name)s is attached, its first frame: models see still pictures.", { name }));
    } catch (error) {
      if (entry.upload.signal.aborted) return;
      entry.state = "failed";
      entry.problem = error instanceof Error ? error.message : gettext("It did not reach the server.");
      this.#emit("said", `${gettext("%(name)s is not attached.", { name: entry.name })} ${entry.problem}`);
    }
    this.#changed();
    this.#keep();
    if (!this.busy)
      this.#emit(
        "settled",
        this.entries.every((known) => known.state === "ready"),
      );
  }

  /** @param {Attachment} attachment */
  #ready(attachment) {
    const { name, size = 0, picture } = attachment;
    this.#add({ state: "ready", name, size, picture }).attachment = attachment;
  }

  /** @param {Pick<Entry, "state" | "name" | "size" | "picture">} known */
  #add(known) {
    /** @type {Entry} */
    const entry = { key: ++this.#key, problem: "", share: 0, image: "", ...known };
    this.entries.push(entry);
    return entry;
  }

  /** @param {Entry} entry */
  #drop(entry) {
    if (entry.image) URL.revokeObjectURL(entry.image);
    this.entries = this.entries.filter((known) => known !== entry);
    this.#keep();
  }

  #changed() {
    this.#emit("change", null);
    this.#keep();
  }

  #keep() {
    const ready = this.ready;
    keep("attached", this.conversation, ready.length ? JSON.stringify(ready) : "");
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * @param {import("../types").UploadedFile} file
 * @returns {Attachment}
 */
function attachmentOf({ id, name, size, media_type, width, height, pages, url }) {
  const picture = media_type.startsWith("image/");
  return { file: id, name, size, picture, width, height, pages, url, detail: "auto" };
}

/** @param {string} conversation @returns {Attachment[]} */
function remembered(conversation) {
  try {
    const list = JSON.parse(kept("attached", conversation) || "[]");
    return Array.isArray(list) ? list.filter((entry) => typeof entry?.name === "string").slice(0, MOST) : [];
  } catch {
    return []; // not written by us
  }
}

/**
 * What the server is told.
 * @param {Attachment[]} attachments
 */
export const sentForm = (attachments) =>
  attachments.map(({ file, url, detail }) => (file ? { file, detail } : { url, detail }));

/**
 * The parts of a message as the server will show them.
 * @param {Attachment[]} attachments
 * @returns {Part[]}
 */
export const partsOf = (attachments) =>
  attachments.map(({ file, url, name, size, picture, width, height, pages, detail }) => {
    const stored = { id: file, url, name, size, width, height, pages };
    if (picture) return { type: "input_image", image_url: file ? stored : url, detail };
    return file ? { type: "input_file", filename: name, file_data: stored } : { type: "input_file", file_url: url };
  });

/**
 * What a message carries, from its parts.
 * @param {unknown} content
 * @returns {Attachment[]}
 */
export function attachmentsOf(content) {
  const parts = Array.isArray(content) ? content : [];
  return parts.flatMap((part) => {
    if (part?.type !== "input_image" && part?.type !== "input_file") return [];
    const picture = part.type === "input_image";
    const held = part.image_url ?? part.file_data ?? part.file_url;
    const detail = part.detail ?? "auto";
    if (typeof held === "string") {
      if (!WEB_URL.test(held)) return [{ name: part.filename ?? gettext("Picture"), picture, detail }];
      return [{ url: held, name: nameOf(held), picture, detail }];
    }
    const { id, url, name, size, width, height, pages } = held ?? {};
    const known = part.filename ?? name ?? (picture ? gettext("Picture") : gettext("File"));
    return [{ file: id, url, name: known, size, picture, width, height, pages, detail }];
  });
}

/** @param {string} address */
function nameOf(address) {
  try {
    const { hostname, pathname } = new URL(address);
    return decodeURIComponent(pathname.split("/").filter(Boolean).at(-1) ?? "") || hostname;
  } catch {
    return address;
  }
}

/** @param {string} address */
const isPdf = (address) => /\.pdf$/i.test(address.replace(/[?#].*$/, ""));
