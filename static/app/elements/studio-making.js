import { keep, kept } from "../lib/drafts.js";
import { dollars, elapsed } from "../lib/format.js";
import { gettext, ngettext, pgettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { estimate } from "../lib/versions.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../types").Maker} Maker */

const OWN_SIZE = "own";
const LABELS = /** @type {Record<string, string>} */ ({
  auto: pgettext("option of a picture", "Auto"),
  low: pgettext("option of a picture", "Low"),
  medium: pgettext("option of a picture", "Medium"),
  high: pgettext("option of a picture", "High"),
  transparent: pgettext("option of a picture", "Transparent"),
  opaque: pgettext("option of a picture", "Opaque"),
  standard: pgettext("option of a picture", "Standard"),
  png: "PNG",
  webp: "WebP",
  jpeg: "JPEG",
  gif: "GIF",
  svg: "SVG",
});
/** What is chosen where nobody has chosen: two states are worth waiting for, more cost more. */
const USUAL = /** @type {Record<string, string>} */ ({ partial_images: "2", results: "1" });

/**
 * `<studio-making>`: the prompt, the references and the options of the model that makes the picture, with what it will
 * cost. `target` is what *Edit* changes.
 *
 * Events: `studio:make` ({ wish, edit }).
 */
class StudioMaking extends AppElement {
  /** @type {Maker[]} */ makers = [];
  /** @type {{ id: string, words: string } | undefined} */ #target;
  #work = "";
  /** About how long one picture takes here, in milliseconds. */ #usualTime = 0;

  /**
   * @param {{ makers: Maker[], work: string, mostResults: number }} state
   */
  begin({ makers, work, mostResults }) {
    this.makers = makers;
    this.#work = work;
    if (!this.form) return;
    choices(
      this.#field("model"),
      makers.map(({ name, label }) => [name, label]),
    );
    choices(
      this.#field("results"),
      Array.from({ length: mostResults }, (_, index) => [String(index + 1), String(index + 1)]),
    );
    this.#fill();
    this.prompt.value = kept("draft", `studio:${work}`);
    this.on(this.form, "input", (event) => this.#changed(event));
    this.on(this.form, "click", (event) => {
      const button = event.target.closest("[data-make]");
      if (button) this.#make(button.dataset.make === "edit");
    });
    this.on(this.prompt, "keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#make(Boolean(this.#target));
    });
    this.on(this, "references:change", () => this.#estimate());
    this.#estimate();
    for (const button of this.form.querySelectorAll("[data-make=generate]"))
      /** @type {HTMLButtonElement} */ (button).disabled = false; // before, a press would be lost
  }

  get form() {
    return this.querySelector("form");
  }

  get prompt() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("[name=prompt]"));
  }

  get list() {
    return /** @type {import("./reference-list.js").ReferenceList | null} */ (this.querySelector("reference-list"));
  }

  get maker() {
    const name = this.#field("model").value;
    return this.makers.find((maker) => maker.name === name) ?? /** @type {Maker} */ (this.makers[0]);
  }

  /** What *Edit* changes, with the words for it; undefined: there is nothing to change. */
  set target(target) {
    this.#target = target;
    if (!this.form) return;
    const [edit, generate] = this.form.querySelectorAll("[data-make]");
    const edits = Boolean(target) && this.maker.edits;
    /** @type {HTMLButtonElement} */ (edit).disabled = !edits;
    edit?.classList.toggle("primary", edits);
    edit?.classList.toggle("plain", !edits);
    generate?.classList.toggle("primary", !edits);
    generate?.classList.toggle("plain", edits);
    this.mask(!ref(this, "locking").hidden);
  }

  get target() {
    return this.#target;
  }

  /** @param {boolean} masked whether the target has a mask */
  mask(masked) {
    if (!this.form) return;
    ref(this, "locking").hidden = !masked;
    const { words } = this.#target ?? {};
    const place = ref(this, "target");
    if (!words) place.textContent = "";
    else if (masked)
      place.textContent = gettext("Edit changes %(what)s, inside the mask. Generate begins anew.", { what: words });
    else place.textContent = gettext("Edit changes %(what)s. Generate begins anew.", { what: words });
  }

  /** Pixels over which the edge of the pixel lock fades; undefined without one. */
  get feather() {
    const locks = /** @type {HTMLInputElement | null} */ (this.querySelector("[name=locks]"));
    return locks?.checked ? Math.max(0, Math.min(256, Math.round(Number(this.#field("feather").value)))) : undefined;
  }

  /** @param {number[]} times that pictures of this work took, in milliseconds */
  set times(times) {
    this.#usualTime = [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
    if (this.form) this.#estimate();
  }

  /** @param {string} problem "" takes it away */
  say(problem) {
    if (!this.form) return;
    const place = ref(this, "problem");
    place.hidden = !problem;
    place.textContent = problem;
  }

  /**
   * Puts back what a version was asked for with; without a prompt the one that stands there stays.
   * @param {{ prompt?: string, maker?: string, values: Record<string, string>, references: string[] }} known
   */
  recall({ prompt, maker, values, references }) {
    if (!this.form) return;
    if (prompt !== undefined) this.prompt.value = prompt;
    if (maker && this.makers.some(({ name }) => name === maker)) this.#field("model").value = maker;
    this.#fill();
    for (const [name, value] of Object.entries(values)) this.#set(name, value);
    this.list?.references.clear();
    for (const id of references) this.list?.references.addFile(id);
    this.#changed();
    this.prompt.focus();
  }

  /** @param {string} name @returns {HTMLSelectElement} */
  #field(name) {
    return /** @type {HTMLSelectElement} */ (this.form?.elements.namedItem(name));
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #set(name, value) {
    const field = this.#field(name);
    if (!field) return;
    const [, width, height] = /^(\d+)x(\d+)$/.exec(value) ?? [];
    const offered = field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value);
    if (offered) field.value = value;
    else if (name === "size" && width && height && this.maker.any_size) {
      field.value = OWN_SIZE;
      this.#field("width").value = width;
      this.#field("height").value = height;
    }
  }

  /** Offers what the chosen model takes; a choice that it takes too stays. */
  #fill() {
    const { options, any_size: anySize, partial_images: partials } = this.maker;
    for (const place of this.querySelectorAll("[data-option]")) {
      const name = place.getAttribute("data-option") ?? "";
      if (name === "model" || name === "results" || name === "output_compression") continue;
      let values = options[name] ?? [];
      if (name === "partial_images")
        values = partials ? Array.from({ length: partials + 1 }, (_, index) => String(index)) : [];
      const named = values.map((value) => /** @type {[string, string]} */ ([value, labelOf(value)]));
      if (name === "input_fidelity" && named.length) named.unshift(["", labelOf("auto")]);
      if (name === "size" && anySize) named.push([OWN_SIZE, gettext("Of your own")]);
      choices(this.#field(name), named, USUAL[name]);
      /** @type {HTMLElement} */ (place).hidden = named.length < 2;
    }
    this.#depend();
  }

  /** Shows what only some choices have. */
  #depend() {
    ref(this, "own-size").hidden = this.#field("size").value !== OWN_SIZE;
    const compressed = this.maker.compressed.includes(this.#field("output_format").value);
    const compression = this.querySelector("[data-option=output_compression]");
    /** @type {HTMLElement} */ (compression).hidden = !compressed;
    ref(this, "usual").textContent = this.#unusual() || ref(this, "usual").dataset.usual || gettext("as usual");
  }

  #unusual() {
    const { options } = this.#asked();
    const names = ["background", "output_format", "moderation", "input_fidelity"];
    const chosen = names.map((name) => options[name]).filter((value) => value && value !== "auto" && value !== "png");
    return chosen.map((value) => labelOf(String(value))).join(", ");
  }

  /** @param {Event} [event] */
  #changed(event) {
    if (/** @type {Element | undefined} */ (event?.target)?.getAttribute("name") === "model") this.#fill();
    keep("draft", `studio:${this.#work}`, this.prompt.value);
    this.say("");
    this.#depend();
    this.#estimate();
    this.target = this.#target;
  }

  #asked() {
    /** @type {Record<string, string | number>} */ const options = {};
    for (const name of ["size", "quality", "background", "output_format", "moderation", "input_fidelity"]) {
      if (this.#field(name).value) options[name] = this.#field(name).value;
    }
    if (options.size === OWN_SIZE) options.size = `${this.#field("width").value}x${this.#field("height").value}`;
    if (this.maker.compressed.includes(String(options.output_format)))
      options.output_compression = Number(this.#field("output_compression").value || 100);
    if (this.#field("partial_images").value) options.partial_images = Number(this.#field("partial_images").value);
    return { model: this.maker.name, options, results: Number(this.#field("results").value) };
  }

  #estimate() {
    const { options, results } = this.#asked();
    const { quality = "auto", size = "auto", partial_images: partials = 0 } = options;
    const asked = { quality: String(quality), size: String(size), results, partials: Number(partials) };
    const cost = estimate(this.maker, asked);
    const pictures = ngettext("%(count)s result", "%(count)s results", results);
    ref(this, "time").textContent = this.#usualTime
      ? gettext("%(pictures)s, about %(time)s", { pictures, time: elapsed(this.#usualTime) })
      : pictures;
    const place = ref(this, "cost");
    if (this.maker.demo) place.textContent = gettext("painted by the demo, free");
    else if (!cost) place.textContent = gettext("price not known");
    else if (cost.low === cost.high) place.textContent = gettext("about %(cost)s", { cost: dollars(cost.low) });
    else place.textContent = gettext("%(low)s to %(high)s", { low: dollars(cost.low), high: dollars(cost.high) });
  }

  /** @param {boolean} edit */
  async #make(edit) {
    const text = this.prompt.value.trim();
    if (!text) {
      this.say(gettext("Say what the picture is to show."));
      return this.prompt.focus();
    }
    await this.list?.references.settled();
    const references = this.list?.references.ids ?? [];
    this.emit("studio:make", { edit, wish: { prompt: text, references, ...this.#asked() } });
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {[string, string][]} named values and what they are called
 * @param {string} [usual]
 */
function choices(select, named, usual = "") {
  const chosen = select.value || usual;
  select.replaceChildren(...named.map(([value, label]) => new Option(label, value)));
  if (named.some(([value]) => value === chosen)) select.value = chosen;
}

/** @param {string} value */
function labelOf(value) {
  const size = /^(\d+)x(\d+)$/.exec(value);
  if (size) return `${size[1]} × ${size[2]}`;
  return LABELS[value] ?? value.charAt(0).toUpperCase() + value.slice(1);
}

customElements.define("studio-making", StudioMaking);
export { StudioMaking };
