import { Easel } from "../lib/mask/easel.js";
import { Hand } from "../lib/mask/hand.js";
import { actionOf } from "../lib/mask/keys.js";
import { Pen } from "../lib/mask/pen.js";
import * as shapes from "../lib/mask/shapes.js";
import { MaskWorks } from "../lib/mask/works.js";
import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/mask/rect.js").Rect} Rect */
/** @typedef {import("../lib/mask/works.js").Shown} Shown */

const PAN = 60; // pixels of one press of an arrow key
const NARROW = "(max-width: 48rem)";

/**
 * `<mask-editor>`: paints a mask on a picture, in the page or on the whole screen. Its markup is
 * templates/studio/_mask.html; `<mask-upload>`, `<mask-numbers>` and `<canvas-extension>` are parts of it.
 *
 * Events: `mask:change` ({ share }), `mask:close` (the whole screen was left on a phone, where it is the only view).
 */
class MaskEditor extends AppElement {
  works = new MaskWorks();
  #pen = new Pen();
  #counting = 0;
  share = 0;

  connectedCallback() {
    const window = ref(this, "window");
    const image = /** @type {HTMLImageElement} */ (ref(this, "image"));
    const canvas = /** @type {HTMLCanvasElement} */ (ref(this, "overlay"));
    const svg = /** @type {any} */ (ref(this, "cursor"));
    this.easel = new Easel(window, { image, canvas, svg }, this.#pen);
    this.hand = new Hand(this.easel, this.#pen);
    for (const [type, act] of /** @type {const} */ ([
      ["pointerdown", "down"],
      ["pointermove", "move"],
      ["pointerup", "up"],
      ["pointercancel", "cancel"],
    ]))
      this.on(window, type, (event) => this.hand?.[act](event));
    this.on(window, "pointerleave", () => this.easel?.follow(null));
    this.on(window, "wheel", (event) => this.#wheeled(event), { passive: false });
    this.on(this.hand, "stroke", () => this.#stepped());
    this.on(this.easel, "zoom", () => this.#sayZoom());
    this.on(this, "keydown", (event) => this.#pressed(event));
    this.on(this, "keyup", (event) => this.#released(event));
    this.on(this, "focusout", () => this.#hold(false));
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(this, "input", () => this.#set());
    this.on(this, "mask:shape", (event) => this.#shape(event.detail));
    this.on(this, "mask:import", (event) => this.#import(event.detail));
    this.on(this, "canvas:extended", (event) => this.#extended(event.detail));
    this.on(this.#screen, "cancel", (event) => {
      if (event.target !== this.#screen) return; // it also tells that no file was chosen
      event.preventDefault(); // it stays open, in the page
      this.#shrink();
    });
    this.sizes = new ResizeObserver(() => this.easel?.resize());
    this.sizes.observe(window);
    this.#use("brush");
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes?.disconnect();
  }

  /** Shows a picture with the mask that was painted on it before. @param {Shown} picture */
  open(picture) {
    if (this.works.open(picture)) this.#place();
    this.easel?.resize();
    if (matchMedia(NARROW).matches) this.#fill();
  }

  get #work() {
    return this.works.now;
  }

  get #screen() {
    return /** @type {HTMLDialogElement} */ (ref(this, "screen"));
  }

  #place() {
    const work = this.#work;
    if (!work || !this.easel) return;
    this.easel.image.src = work.picture.url;
    this.easel.show(work.mask);
    const size = /** @type {HTMLInputElement} */ (ref(this, "size"));
    const longest = Math.max(work.mask.width, work.mask.height);
    size.max = String(Math.max(64, Math.round(longest / 3)));
    size.value = String(Math.round(longest / 15));
    for (const part of this.querySelectorAll("mask-upload, mask-numbers, canvas-extension"))
      /** @type {any} */ (part).show(work.picture, work.isExtended);
    this.#set();
    this.#stepped(false);
  }

  /** @param {string} tool */
  #use(tool) {
    if (this.hand) this.hand.moves = tool === "move";
    if (tool !== "move") this.#pen.tool = /** @type {import("../lib/mask/pen.js").Tool} */ (tool);
    for (const button of this.querySelectorAll("[data-tool]"))
      button.ariaPressed = String(button.getAttribute("data-tool") === tool);
    for (const part of this.querySelectorAll("[data-for]"))
      /** @type {HTMLElement} */ (part).hidden = (part.getAttribute("data-for") === "brush") !== this.#pen.isBrush;
    ref(this, "window").dataset.tool = tool;
    this.easel?.follow(null);
  }

  /** Takes what the sliders and switches say. */
  #set() {
    const value = (/** @type {string} */ name) => Number(/** @type {HTMLInputElement} */ (ref(this, name)).value);
    this.#pen.size = value("size");
    this.#pen.hardness = value("hardness") / 100;
    ref(this, "size-said").textContent = String(this.#pen.size);
    ref(this, "hardness-said").textContent = `${Math.round(this.#pen.hardness * 100)} %`;
    const takes = this.querySelector("[name=takes]:checked");
    this.#pen.takesAway = takes instanceof HTMLInputElement && takes.value === "away";
  }

  /** @param {string} name of a slider @param {number} by */
  #nudge(name, by) {
    const slider = /** @type {HTMLInputElement} */ (ref(this, name));
    slider.value = String(Number(slider.value) + by);
    this.#set();
    this.easel?.follow(null);
  }

  /** @param {WheelEvent} event */
  #wheeled(event) {
    event.preventDefault();
    const { left, top } = ref(this, "window").getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const steps = Math.max(-120, Math.min(120, event.deltaY * lines)) / 120;
    this.easel?.zoom(1.25 ** -steps, { x: event.clientX - left, y: event.clientY - top });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input:not([type=range], [type=radio]), select, summary")) return;
    if (target.closest("[role=toolbar]") && this.#roam(event)) return;
    if (event.key === " " && target === ref(this, "window")) {
      event.preventDefault();
      return this.#hold(true);
    }
    const action = actionOf(event);
    if (!action || (target.matches("input") && action.startsWith("move-"))) return;
    event.preventDefault();
    this.#do(action);
  }

  /** Arrow keys go from button to button, as in every toolbar. @param {KeyboardEvent} event */
  #roam({ key, target }) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[key];
    if (!step) return false;
    const buttons = [...ref(this, "tools").querySelectorAll("button:not(:disabled)")];
    const next = buttons.at((buttons.indexOf(/** @type {Element} */ (target)) + step) % buttons.length);
    for (const button of buttons) /** @type {HTMLElement} */ (button).tabIndex = button === next ? 0 : -1;
    /** @type {HTMLElement} */ (next).focus();
    return true;
  }

  /** @param {KeyboardEvent} event */
  #released(event) {
    if (event.key === " ") this.#hold(false);
  }

  /** @param {boolean} holds the space bar */
  #hold(holds) {
    if (this.hand) this.hand.holds = holds;
    ref(this, "window").toggleAttribute("data-holds", holds);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (button?.dataset.tool) this.#do(`use-${button.dataset.tool}`);
    else if (button?.dataset.act) this.#do(button.dataset.act);
  }

  /** @param {string} action */
  #do(action) {
    const { easel, hand } = this;
    const work = this.#work;
    if (!easel || !hand || !work) return;
    const [verb, what = ""] = action.split("-");
    if (verb === "use") return this.#use(what);
    if (verb === "size" || verb === "hardness") return this.#nudge(verb, what === "more" ? 8 : -8);
    if (verb === "move") return easel.move({ left: PAN, right: -PAN }[what] ?? 0, { up: PAN, down: -PAN }[what] ?? 0);
    const acts = /** @type {Record<string, () => unknown>} */ ({
      undo: () => this.#changed(work.mask.history.undo()),
      redo: () => this.#changed(work.mask.history.redo()),
      invert: () => this.#step(shapes.invert(work.mask)),
      clear: () => this.#step(shapes.clear(work.mask)),
      feather: () => this.#step(shapes.feather(work.mask, this.#feather)),
      swap: () => /** @type {HTMLElement | null} */ (this.querySelector("[name=takes]:not(:checked)"))?.click(),
      in: () => easel.zoom(1.25),
      out: () => easel.zoom(0.8),
      fit: () => easel.fit(),
      full: () => easel.zoom(1 / easel.view.scale),
      screen: () => (this.#screen.matches(":modal") ? this.#shrink() : this.#fill()),
      back: () => {
        this.works.shrink();
        this.#place();
      },
    });
    acts[verb ?? ""]?.();
  }

  /** @param {{ kind: string, area: Rect, away: boolean }} shape by numbers */
  #shape({ kind, area, away }) {
    const fill = kind === "ellipse" ? shapes.fillEllipse : shapes.fillRectangle;
    if (this.#work) this.#step(fill(this.#work.mask, area, away));
  }

  /** @param {Uint8Array} data of a mask of the picture's size */
  #import(data) {
    if (this.#work) this.#step(shapes.replace(this.#work.mask, data));
  }

  /** @param {{ picture: Shown, data: Uint8Array }} canvas larger than the picture, with the mask of what is new */
  #extended({ picture, data }) {
    this.works.extend(picture, data);
    this.#place();
  }

  #fill() {
    if (this.#screen.matches(":modal")) return;
    this.#screen.close();
    this.#screen.showModal();
    this.easel?.resize();
    this.easel?.fit();
    ref(this, "window").focus();
  }

  #shrink() {
    this.#screen.close();
    this.#screen.setAttribute("open", ""); // in the page, as before
    this.easel?.resize();
    this.easel?.fit();
    ref(this, "window").focus();
    if (matchMedia(NARROW).matches) this.emit("mask:close");
  }

  get #feather() {
    return Math.max(1, Math.min(500, Number(/** @type {HTMLInputElement} */ (ref(this, "feather")).value) || 1));
  }

  /** Closes a step of the mask that was made at once. @param {Rect | null} rect */
  #step(rect) {
    this.#work?.mask.history.commit();
    this.#changed(rect);
  }

  /** @param {Rect | null} rect */
  #changed(rect) {
    this.easel?.changed(rect);
    this.#stepped();
  }

  #stepped(isNew = true) {
    const work = this.#work;
    if (!work) return;
    if (isNew) work.sent = undefined;
    this.#able("undo", work.mask.history.canUndo);
    this.#able("redo", work.mask.history.canRedo);
    clearTimeout(this.#counting); // of a large mask it takes a frame: not between two strokes
    this.#counting = setTimeout(() => this.#count(), isNew ? 200 : 0);
  }

  #count() {
    const work = this.#work;
    if (!work) return;
    this.share = work.mask.share();
    if (!this.share && !work.mask.isBlank) this.share = 0.0001; // all of it is soft
    const percent = this.share * 100;
    const share = ref(this, "share");
    if (percent === 0) share.textContent = gettext("nothing masked");
    else if (percent < 1) share.textContent = gettext("mask below 1 %");
    else share.textContent = gettext("mask %(percent)s %", { percent: Math.round(percent) });
    this.#able("clear", this.share > 0);
    this.#able("feather", this.share > 0);
    this.emit("mask:change", { share: this.share });
  }

  /** @param {string} act @param {boolean} able */
  #able(act, able) {
    for (const button of this.querySelectorAll(`[data-act=${act}]`))
      if (button instanceof HTMLButtonElement) {
        // A button that goes while it has the focus would take the keyboard with it
        if (!able && button === document.activeElement) ref(this, "window").focus();
        button.disabled = !able;
      }
  }

  #sayZoom() {
    const percent = Math.round((this.easel?.view.scale ?? 1) * 100);
    for (const part of this.querySelectorAll("[data-ref=zoom]")) part.textContent = `${percent} %`;
  }
}

customElements.define("mask-editor", MaskEditor);
export { MaskEditor };
