// The pictures that go along with a prompt: uploads on their way or here, and pictures of the team by the ids of their
// files. It knows no DOM.
import { post } from "./api.js";
import { gettext, ngettext } from "./gettext.js";
import { upload } from "./uploads.js";

/**
 * @typedef {object} Reference
 * @property {number} key
 * @property {string} id of the file, "" while it is on its way
 * @property {string} name
 * @property {string} url what is shown of it
 * @property {number} share of the upload that is done, 0 to 1
 * @property {boolean} own whether it was uploaded here, and nobody else has it yet
 * @property {AbortController} [upload]
 */

export const MOST = 20;
const FILE = /\/files\/(file_[0-9a-f]{32})\//;

/** Events: `change`, `said` (detail: a sentence). */
export class References extends EventTarget {
  /** @type {Reference[]} */ entries = [];
  #key = 0;
  /** What is said of pictures that found no room, beside what comes of the others. */ #left = "";

  get busy() {
    return this.entries.some(({ id }) => !id);
  }

  /** Nothing is on its way any more. */
  async settled() {
    while (this.busy) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
  }

  get ids() {
    return this.entries.map(({ id }) => id).filter(Boolean);
  }

  /** @param {Iterable<File>} files */
  addFiles(files) {
    const given = [...files];
    const taken = given.slice(0, Math.max(0, MOST - this.entries.length));
    const left = given.length - taken.length;
    this.#left = left ? ngettext("%(count)s is left out:", "%(count)s are left out:", left) : "";
    if (!taken.length && left) this.#full();
    for (const file of taken) this.#send(file);
  }

  /** @param {string} id of a file that the person may see */
  addFile(id) {
    if (this.ids.includes(id)) return;
    this.#add({ id, name: gettext("Picture"), url: `/files/${id}/preview/`, own: false });
  }

  /**
   * An address of one of the team's pictures, as it is dragged from a page or copied.
   * @param {string} text
   * @returns {boolean} whether it was one
   */
  addAddress(text) {
    const [, id] = FILE.exec(text) ?? [];
    if (!id) return false;
    const { origin } = new URL(text, location.href);
    if (origin !== location.origin) return false;
    this.addFile(id);
    return true;
  }

  /** @param {number} key */
  remove(key) {
    const entry = this.entries.find((known) => known.key === key);
    if (!entry) return;
    entry.upload?.abort();
    this.#drop(entry);
    if (entry.own && entry.id) post(`/files/${entry.id}/remove/`).catch(() => {}); // it is swept after a day anyway
  }

  clear() {
    for (const entry of [...this.entries]) this.#drop(entry);
  }

  /** What was sent is the conversation's now: taking it out of the list does not delete it. */
  sent() {
    for (const entry of this.entries) entry.own = false;
  }

  /** @param {File} file */
  async #send(file) {
    if (file.type && !file.type.startsWith("image/"))
      return this.#say(gettext("%(name)s is no picture.", { name: file.name }));
    const url = URL.createObjectURL(file);
    const entry = this.#add({ id: "", name: file.name, url, own: true });
    if (!entry) return URL.revokeObjectURL(url);
    entry.upload = new AbortController();
    try {
      const progress = (/** @type {number} */ share) => {
        entry.share = share;
        this.#changed();
      };
      const found = await upload(file, { progress, signal: entry.upload.signal });
      if (!found.media_type.startsWith("image/")) throw new Error(gettext("It is no picture."));
      entry.id = found.id;
      const here = found.moving
        ? gettext("%(name)s is attached, its first frame: models see still pictures.", { name: found.name })
        : gettext("%(name)s is here.", { name: found.name });
      this.#say([here, this.#leftOut()].filter(Boolean).join(" "));
    } catch (error) {
      this.#drop(entry);
      if (!entry.upload.signal.aborted)
        this.#say(
          `${gettext("%(name)s is not here.", { name: file.name })} ${error instanceof Error ? error.message : ""}`,
        );
    }
    this.#changed();
  }

  /** @param {Pick<Reference, "id" | "name" | "url" | "own">} known */
  #add(known) {
    if (this.entries.length >= MOST) {
      this.#full();
      return undefined;
    }
    /** @type {Reference} */
    const entry = { key: ++this.#key, share: 0, ...known };
    this.entries.push(entry);
    this.#changed();
    return entry;
  }

  /** @param {Reference} entry */
  #drop(entry) {
    if (entry.url.startsWith("blob:")) URL.revokeObjectURL(entry.url);
    this.entries = this.entries.filter((known) => known !== entry);
    this.#changed();
  }

  #full() {
    this.#say(this.#leftOut() || gettext("A prompt takes at most %(most)s pictures.", { most: MOST }));
  }

  #leftOut() {
    return this.#left && `${this.#left} ${gettext("A prompt takes at most %(most)s pictures.", { most: MOST })}`;
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** @param {string} detail */
  #say(detail) {
    this.dispatchEvent(new CustomEvent("said", { detail }));
  }
}
