import { CallFailed } from "../lib/api.js";
import { read, receive } from "../lib/mask/files.js";
import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<mask-upload>` in a mask editor: takes a mask that was made elsewhere. One of another size is explained, and scaled
 * only when that is wanted.
 *
 * Events: `mask:import` (the mask's data, of the picture's size).
 */
class MaskUpload extends AppElement {
  /** @type {import("../lib/mask/works.js").Shown | undefined} */ #picture;
  /** @type {ImageBitmap | undefined} */ #misfit;

  connectedCallback() {
    this.on(this.#input, "change", () => this.#chosen());
    this.on(this, "click", ({ target }) => {
      const act = /** @type {Element} */ (target).closest("button")?.dataset.upload;
      if (act === "choose") this.#input.click();
      else if (act === "scale") this.#take(/** @type {ImageBitmap} */ (this.#misfit));
      else if (act === "leave") this.#forget();
    });
  }

  /** @param {import("../lib/mask/works.js").Shown} picture */
  show(picture) {
    this.#picture = picture;
    this.#forget();
    this.#say("");
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (ref(this, "file"));
  }

  async #chosen() {
    const [file] = this.#input.files ?? [];
    const picture = this.#picture;
    this.#input.value = "";
    if (!file || !picture) return;
    this.#forget();
    this.#say(gettext("Opening the mask"));
    try {
      const found = await receive(file);
      if (this.#picture !== picture) return;
      this.#say("");
      if (found.width === picture.width && found.height === picture.height) this.#take(found);
      else this.#ask(found, picture);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.#say(error.message, true);
    }
  }

  /** @param {ImageBitmap} found @param {{ width: number, height: number }} picture */
  #ask(found, { width, height }) {
    this.#misfit = found;
    const alike = Math.abs((found.width * height) / (found.height * width) - 1) < 0.01;
    const sizes = { mask: `${found.width} × ${found.height}`, picture: `${width} × ${height}` };
    const words = gettext("This mask has %(mask)s pixels, the picture %(picture)s.", sizes);
    ref(this, "misfit-said").textContent = alike ? words : `${words} ${gettext("Scaling changes its shape.")}`;
    ref(this, "misfit").hidden = false;
    /** @type {HTMLElement} */ (this.querySelector("[data-upload=scale]")).focus();
  }

  /** @param {ImageBitmap} found */
  #take(found) {
    const picture = /** @type {{ width: number, height: number }} */ (this.#picture);
    const data = read(found, picture);
    this.#forget();
    if (!data.some(Boolean))
      return this.#say(gettext("This mask leaves nothing to be edited. Choose another one."), true);
    this.#say("");
    this.emit("mask:import", data);
  }

  #forget() {
    const had = this.#misfit;
    this.#misfit?.close();
    this.#misfit = undefined;
    ref(this, "misfit").hidden = true;
    if (had) /** @type {HTMLElement} */ (this.querySelector("[data-upload=choose]")).focus();
  }

  /** @param {string} text @param {boolean} [bad] */
  #say(text, bad = false) {
    const said = ref(this, "said");
    said.textContent = text;
    said.classList.toggle("error", bad);
  }
}

customElements.define("mask-upload", MaskUpload);
export { MaskUpload };
