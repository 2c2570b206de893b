import { AppElement } from "./app-element.js";

/**
 * `<mask-numbers>` in a mask editor: a form with the place and size of a rectangle or an ellipse, so that nobody needs a
 * pointer.
 *
 * Events: `mask:shape` ({ kind, area, away }).
 */
class MaskNumbers extends AppElement {
  connectedCallback() {
    this.on(this, "submit", (event) => this.#submitted(event));
  }

  /** The fields begin with the middle of a picture. @param {{ width: number, height: number }} picture */
  show({ width, height }) {
    const values = { x: width / 4, y: height / 4, width: width / 2, height: height / 2 };
    for (const [name, value] of Object.entries(values)) this.#field(name).value = String(Math.round(value));
    this.#field("x").max = String(width);
    this.#field("y").max = String(height);
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.querySelector(`[name=${name}]`));
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(this.#field(name).value));
    const area = { left, top, right: Number(left) + Number(width), bottom: Number(top) + Number(height) };
    const away = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value === "away";
    this.emit("mask:shape", { kind: this.#field("kind").value, area, away });
  }
}

customElements.define("mask-numbers", MaskNumbers);
export { MaskNumbers };
