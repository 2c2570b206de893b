import { CallFailed, post } from "../lib/api.js";
import { extendedSize, sidesFor } from "../lib/mask/canvas-size.js";
import { open, read } from "../lib/mask/files.js";
import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

const SIDES = /** @type {const} */ (["left", "top", "right", "bottom"]);

/**
 * `<canvas-extension>` in a mask editor: makes the canvas larger, with a mask of what is new.
 *
 * Events: `canvas:extended` ({ picture, data }).
 */
class CanvasExtension extends AppElement {
  /** @type {import("../lib/mask/works.js").Shown | undefined} */ #picture;

  connectedCallback() {
    this.on(this, "input", () => this.#say());
    this.on(this, "change", ({ target }) => {
      if (target.name === "ratio" && target.value && this.#picture)
        this.#fill(sidesFor(this.#picture, Number(target.value)));
    });
    this.on(this, "submit", (event) => {
      event.preventDefault();
      this.#extend();
    });
  }

  /**
   * @param {import("../lib/mask/works.js").Shown} picture
   * @param {boolean} isExtended it is the larger canvas already
   */
  show(picture, isExtended) {
    this.#picture = picture;
    ref(this, "form").hidden = isExtended;
    ref(this, "done").hidden = !isExtended;
    ref(this, "size").textContent = `${picture.width} × ${picture.height}`;
    ref(this, "problem").hidden = true;
    /** @type {HTMLSelectElement} */ (this.querySelector("[name=ratio]")).value = "";
    this.#fill({ left: 0, top: 0, right: 0, bottom: 0 });
  }

  get #sides() {
    const [left = 0, top = 0, right = 0, bottom = 0] = SIDES.map((side) =>
      Math.max(0, Math.round(Number(this.#field(side).value))),
    );
    return { left, top, right, bottom };
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.querySelector(`[name=${name}]`));
  }

  /** @param {import("../lib/mask/canvas-size.js").Sides} sides */
  #fill(sides) {
    for (const side of SIDES) this.#field(side).value = String(sides[side]);
    this.#say();
  }

  #say() {
    if (!this.#picture) return;
    const sides = this.#sides;
    const { width, height } = extendedSize(this.#picture, sides);
    ref(this, "becomes").textContent = `${width} × ${height}`;
    /** @type {HTMLButtonElement} */ (this.querySelector("[type=submit]")).disabled =
      !Object.values(sides).some(Boolean);
  }

  async #extend() {
    const { left, top, right, bottom } = this.#sides;
    const before = this.#picture;
    const problem = ref(this, "problem");
    problem.hidden = true;
    try {
      const answer = await post(`/files/${before?.source ?? before?.id}/canvas/`, {
        sides: [left, top, right, bottom],
      });
      const mask = await open(answer.mask.url);
      if (this.#picture !== before) return;
      this.emit("canvas:extended", { picture: answer.picture, data: read(mask, answer.picture) });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      problem.textContent = error.unreachable
        ? gettext("No connection. Try again when you are online.")
        : error.message;
      problem.hidden = false;
    }
  }
}

customElements.define("canvas-extension", CanvasExtension);
export { CanvasExtension };
