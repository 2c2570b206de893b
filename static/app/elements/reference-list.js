import { gettext } from "../lib/gettext.js";
import { References } from "../lib/references.js";
import { clone, ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<reference-list>` in the form of the studio: pictures that are chosen, pasted or dropped anywhere on the page, or
 * dragged there from a version.
 *
 * Events: `references:change`.
 */
class ReferenceList extends AppElement {
  references = new References();
  /** @type {Map<number, HTMLElement>} */ #rows = new Map();

  connectedCallback() {
    this.on(this.references, "change", () => this.#render());
    this.on(this.references, "said", (event) => (ref(this, "heard").textContent = event.detail));
    this.on(this, "change", () => {
      this.references.addFiles(this.#input.files ?? []);
      this.#input.value = "";
    });
    this.on(this, "click", (event) => {
      const row = event.target.closest(".drop-x")?.closest("li");
      if (row) this.#remove(Number(row.dataset.key));
    });
    this.on(document, "paste", (event) => this.#taken(event, event.clipboardData));
    this.on(document, "dragover", (event) => event.preventDefault());
    this.on(document, "drop", (event) => this.#taken(event, event.dataTransfer));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input[type=file]"));
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #taken(event, data) {
    const files = [...(data?.files ?? [])];
    const address = data?.getData("text/uri-list") || data?.getData("text/plain") || "";
    // What a browser drags of a picture on the page is its address and its bytes: it is here already
    if (event.type === "drop") event.preventDefault();
    if (this.references.addAddress(address)) event.preventDefault();
    else if (files.length) {
      event.preventDefault();
      this.references.addFiles(files);
    }
  }

  /** The focus goes to the neighbour of what is taken away. @param {number} key */
  #remove(key) {
    const keys = [...this.#rows.keys()];
    const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
    this.references.remove(key);
    const row = next === undefined ? undefined : this.#rows.get(next);
    (row?.querySelector("button") ?? this.#input).focus();
  }

  #render() {
    const { entries } = this.references;
    for (const [key, row] of this.#rows) {
      if (entries.some((entry) => entry.key === key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    for (const [index, entry] of entries.entries()) {
      const row = this.#rows.get(entry.key) ?? clone("reference-template");
      if (!this.#rows.has(entry.key)) {
        this.#rows.set(entry.key, row);
        row.dataset.key = String(entry.key);
        ref(this, "adding").before(row);
      }
      const image = /** @type {HTMLImageElement} */ (row.querySelector("img"));
      if (image.getAttribute("src") !== entry.url) image.src = entry.url;
      image.alt = gettext("Reference %(number)s: %(name)s", { number: index + 1, name: entry.name });
      const progress = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
      progress.hidden = Boolean(entry.id);
      progress.value = entry.share;
      progress.ariaLabel = gettext("Uploading %(name)s", { name: entry.name });
      const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
      button.ariaLabel = gettext("Remove reference %(number)s", { number: index + 1 });
    }
    this.emit("references:change");
  }
}

customElements.define("reference-list", ReferenceList);
export { ReferenceList };
