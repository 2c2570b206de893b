import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { lockWords } from "../lib/lock-words.js";
import { titleOf } from "../lib/versions.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/versions.js").Version} Version */
/** @typedef {import("../types").Picture} Picture */

const BLINK = 700; // milliseconds that each picture is seen

/**
 * `<studio-stage>`: the easel. Views of the same picture: look at it, paint a mask on it, compare it with another one.
 *
 * Events: `studio:view` ({ view }).
 */
class StudioStage extends AppElement {
  view = "look";
  /** @type {Version[]} */ #versions = [];
  /** @type {Version | undefined} */ #shown;
  #way = "slider";
  #blinks = 0;
  /** Which picture of a locked version hangs: `locked`, `made` by the model, or `heat`. */ #side = "locked";
  /** Whether a mask can be painted. */ masks = false;

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(ref(this, "before"), "change", () => this.#compare());
    this.on(ref(this, "slider"), "input", () => this.#slide());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#blinks);
  }

  /**
   * @param {{ versions: Version[], shown: Version | undefined, forming: Picture | undefined, words: string }} state
   * `forming`: what is shown in place of a version while it forms; `words`: what is said where there is no picture
   */
  update({ versions, shown, forming, words }) {
    this.#versions = versions;
    if (shown?.id !== this.#shown?.id) this.#side = "locked";
    this.#shown = shown;
    const picture = forming ?? this.#sideOf(shown);
    this.#showLock(forming ? undefined : shown?.lock);
    this.#button("mask").hidden = !this.masks || !shown;
    const canvas = ref(this, "canvas");
    canvas.classList.toggle("forming", Boolean(forming));
    ref(this, "empty").hidden = Boolean(picture);
    if (words) ref(this, "empty").textContent = words;
    if (!picture) {
      canvas.querySelector("img")?.remove();
      delete canvas.dataset.url;
    } else this.#hang(picture, shown && !forming ? titleOf(shown) : gettext("A picture, still forming"));
    ref(this, "facts").textContent = picture?.width ? `${picture.width} × ${picture.height}` : "";
    const compares = versions.length > 1 && Boolean(shown);
    this.#button("compare").disabled = !compares;
    if (this.view === "compare" && compares) this.#fill();
    else if (this.view === "compare" || (this.view === "mask" && this.#button("mask").hidden)) this.show("look");
  }

  /** @param {string} view */
  show(view) {
    this.view = view;
    for (const button of this.querySelectorAll("[data-view]"))
      button.ariaCurrent = button.getAttribute("data-view") === view ? "true" : null;
    for (const pane of this.querySelectorAll("[data-pane]"))
      /** @type {HTMLElement} */ (pane).hidden = pane.getAttribute("data-pane") !== view;
    if (view === "compare") this.#fill();
    this.#blink();
    this.emit("studio:view", { view });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (button?.dataset.view) this.show(button.dataset.view);
    else if (button?.dataset.way) {
      this.#way = button.dataset.way;
      for (const other of this.querySelectorAll("[data-way]")) other.ariaCurrent = other === button ? "true" : null;
      this.#compare();
    } else if (button?.dataset.side && this.#shown) {
      this.#side = button.dataset.side;
      this.#showLock(this.#shown.lock);
      this.#hang(/** @type {Picture} */ (this.#sideOf(this.#shown)), `${titleOf(this.#shown)}: ${button.textContent}`);
    } else if (button?.dataset.ref === "blink") ref(this, "compare").classList.toggle("other");
  }

  /** @param {Version | undefined} shown @returns {Picture | undefined} */
  #sideOf(shown) {
    const { made, heat } = shown?.lock ?? {};
    return (this.#side === "made" ? made : this.#side === "heat" ? heat : null) ?? shown?.picture;
  }

  /** @param {import("../types").PixelLock | undefined} lock */
  #showLock(lock) {
    ref(this, "lock").hidden = !lock;
    ref(this, "sides").hidden = lock?.state !== "done";
    if (lock) ref(this, "lock-said").textContent = lockWords(lock);
    for (const button of this.querySelectorAll("[data-side]"))
      button.ariaCurrent = button.getAttribute("data-side") === this.#side ? "true" : null;
  }

  /** @param {string} view */
  #button(view) {
    return /** @type {HTMLButtonElement} */ (this.querySelector(`[data-view=${view}]`));
  }

  /**
   * @param {Picture} picture
   * @param {string} alt
   */
  async #hang(picture, alt) {
    const canvas = ref(this, "canvas");
    canvas.style.setProperty("--ar", String((picture.width ?? 1) / (picture.height ?? 1)));
    if (canvas.dataset.url === picture.url) return;
    canvas.dataset.url = picture.url;
    const image = new Image();
    image.fetchPriority = "high";
    image.src = picture.url;
    image.alt = alt;
    try {
      await image.decode();
    } catch {
      if (canvas.dataset.url === picture.url && !canvas.querySelector("img")) {
        ref(this, "empty").hidden = false;
        ref(this, "empty").textContent = gettext("This picture came damaged and cannot be shown.");
      }
      return;
    }
    if (canvas.dataset.url !== picture.url) return;
    canvas.querySelector("img")?.remove();
    canvas.append(image);
  }

  /** Offers what the shown version can be compared with: its parent first. */
  #fill() {
    const select = /** @type {HTMLSelectElement} */ (ref(this, "before"));
    const shown = this.#shown;
    if (!shown) return;
    const others = this.#versions.filter(({ id }) => id !== shown.id);
    const kept = select.value;
    const options = others.map(
      (version) => new Option(`${version.number} · ${titleOf(version)}`.slice(0, 60), version.id),
    );
    select.replaceChildren(...options);
    const usual = others.some(({ id }) => id === shown.parent) ? shown.parent : others.at(-1)?.id;
    const known = select.dataset.of === shown.id && others.some(({ id }) => id === kept);
    select.value = known ? kept : (usual ?? "");
    select.dataset.of = shown.id;
    this.#compare();
  }

  #compare() {
    const before = this.#versions.find(({ id }) => id === /** @type {HTMLSelectElement} */ (ref(this, "before")).value);
    const box = ref(this, "compare");
    if (!before || !this.#shown) return;
    for (const [name, version] of /** @type {const} */ ([
      ["first", before],
      ["second", this.#shown],
    ])) {
      const image = /** @type {HTMLImageElement} */ (ref(this, name));
      if (image.getAttribute("src") !== version.picture.url) image.src = version.picture.url;
      const words = gettext("Version %(number)s", { number: version.number });
      image.alt = `${words}: ${titleOf(version)}`;
      ref(this, `${name}-tag`).textContent = words;
    }
    box.style.setProperty("--ar", String((this.#shown.picture.width ?? 1) / (this.#shown.picture.height ?? 1)));
    box.dataset.way = this.#way;
    box.classList.remove("other");
    ref(this, "slider").hidden = this.#way !== "slider";
    ref(this, "blink").hidden = this.#way !== "blink";
    this.#slide();
    this.#blink();
  }

  #slide() {
    const at = /** @type {HTMLInputElement} */ (ref(this, "slider")).value;
    ref(this, "compare").style.setProperty("--at", `${at}%`);
  }

  /** Who wants no motion presses the button instead. */
  #blink() {
    clearInterval(this.#blinks);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.view !== "compare" || this.#way !== "blink" || still) return;
    this.#blinks = setInterval(() => ref(this, "compare").classList.toggle("other"), BLINK);
  }
}

customElements.define("studio-stage", StudioStage);
export { StudioStage };
