import { clock } from "../lib/format.js";
import { clone, ref } from "../lib/templates.js";
import { showAvatar } from "../views/faces.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/studio-store.js").StudioStore} StudioStore */
/** @typedef {import("../lib/versions.js").Version} Version */

/**
 * `<version-comments>`: what people say of a version to each other. They are the margin notes of the chat: no model is
 * told of them.
 *
 * Events: `studio:comment` ({ id, text, done }), `studio:uncomment` ({ note }).
 */
class VersionComments extends AppElement {
  /** @type {Version | undefined} */ #version;

  connectedCallback() {
    const { form } = this;
    if (form) this.on(form, "submit", (event) => this.#submitted(event));
    this.on(this, "click", (event) => {
      const note = event.target.closest("[data-note]")?.dataset.note;
      if (note) this.emit("studio:uncomment", { note });
    });
  }

  get form() {
    return this.querySelector("form");
  }

  /**
   * @param {StudioStore} store
   * @param {Version} version
   */
  update(store, version) {
    if (version.id !== this.#version?.id) this.form?.reset();
    this.#version = version;
    const owner = store.conversation.role === "owner";
    const rows = store.commentsOf(version).map((note) => {
      const row = clone("version-comment-template");
      const { author } = note;
      showAvatar(ref(row, "avatar"), author);
      ref(row, "name").textContent = author?.name ?? "";
      ref(row, "words").textContent = wordsOf(note);
      ref(row, "when").textContent = clock(note.created_at);
      const remove = ref(row, "remove");
      remove.hidden = !owner && author?.id !== store.me.id;
      remove.dataset.note = String(note.id);
      return row;
    });
    const list = ref(this, "list");
    list.replaceChildren(...rows);
    list.hidden = rows.length === 0;
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (this.form?.elements.namedItem("comment"));
    const text = field.value.trim();
    if (!text || !this.#version) return;
    this.emit("studio:comment", { id: this.#version.id, text, done: () => (field.value = "") });
  }
}

/** @param {import("../types").Note} note */
const wordsOf = ({ payload }) => (payload.content ?? []).map((part) => part?.text ?? "").join("\n");

customElements.define("version-comments", VersionComments);
export { VersionComments };
