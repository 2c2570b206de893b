// The window on the picture that is masked: the picture, the mask over it, the brush. It draws what has changed, once a
// frame; how large the picture is does not matter to it.
import { paint, windowRect } from "./overlay.js";
import { united } from "./rect.js";
import { fitted, moved, pinched, toPicture, zoomed } from "./view.js";

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./rect.js").Rect} Rect */
/** @typedef {import("./brush.js").Point} Point */

const SHARP = 3; // from this scale on pixels are shown as squares

/** Events: `zoom`. */
export class Easel extends EventTarget {
  /** @type {Mask | undefined} */ mask;
  view = { scale: 1, x: 0, y: 0 };
  /** Milliseconds that the last frame took to draw. */
  cost = 0;
  /** @type {Rect | null} of the picture */ #dirty = null;
  /** @type {Rect | null} of the window */ #stale = null;
  #frame = 0;
  #isFitted = true;
  #pixels = new Uint32Array();
  /** @type {Point | null} of the window */ #pointer = null;

  /**
   * @param {HTMLElement} window
   * @param {{ image: HTMLImageElement, canvas: HTMLCanvasElement, svg: SVGSVGElement }} parts
   * @param {Pen} pen
   */
  constructor(window, { image, canvas, svg }, pen) {
    super();
    this.window = window;
    this.image = image;
    this.canvas = canvas;
    this.svg = svg;
    this.pen = pen;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  get size() {
    return { width: this.canvas.width, height: this.canvas.height };
  }

  /** @param {Mask} mask */
  show(mask) {
    this.mask = mask;
    this.image.width = mask.width;
    this.image.height = mask.height;
    this.fit();
  }

  /** Takes the size that the window has now. */
  resize() {
    const [width, height] = [this.window.clientWidth, this.window.clientHeight];
    if (!width || !height || (width === this.canvas.width && height === this.canvas.height)) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#pixels = new Uint32Array(width * height);
    if (this.#isFitted) this.fit();
    else this.#look(this.view);
    this.#paint(); // at once: a canvas of another size is empty
  }

  fit() {
    if (!this.mask || !this.canvas.width) return;
    this.#look(fitted(this.mask, this.size));
    this.#isFitted = true;
  }

  /** @param {number} factor @param {Point} [point] of the window */
  zoom(factor, point = { x: this.canvas.width / 2, y: this.canvas.height / 2 }) {
    if (this.mask) this.#look(zoomed(this.view, factor, point, this.#least));
  }

  /** @param {number} dx @param {number} dy */
  move(dx, dy) {
    if (this.mask) this.#look(moved(this.view, dx, dy, this.mask, this.size));
  }

  /** @param {Point[]} before @param {Point[]} after where two fingers were and are */
  pinch(before, after) {
    if (this.mask) this.#look(pinched(this.view, before, after, this.#least));
  }

  /** @param {Point} point of the window */
  at(point) {
    return toPicture(this.view, point);
  }

  /** Draws again what lies in a rectangle of the picture. @param {Rect | null} rect */
  changed(rect) {
    this.#dirty = united(this.#dirty, rect);
    if (rect) this.#soon();
  }

  /** @param {Point | null} point of the window where the pointer is */
  follow(point) {
    this.#pointer = point;
    this.#soon();
  }

  get #least() {
    return this.mask ? fitted(this.mask, this.size).scale / 2 : 1;
  }

  /** @param {import("./view.js").View} view */
  #look(view) {
    this.view = view;
    this.#isFitted = false;
    this.image.style.setProperty("transform", `translate(${view.x}px, ${view.y}px) scale(${view.scale})`);
    this.image.style.setProperty("image-rendering", view.scale >= SHARP ? "pixelated" : "auto");
    this.#stale = { left: 0, top: 0, right: this.canvas.width, bottom: this.canvas.height };
    this.#soon();
    this.dispatchEvent(new Event("zoom"));
  }

  #soon() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const began = performance.now();
      this.#paint();
      this.#outline();
      this.cost = performance.now() - began;
    });
  }

  #paint() {
    const touched = this.#dirty && windowRect(this.#dirty, this.view, this.size);
    const rect = united(this.#stale, touched);
    this.#dirty = this.#stale = null;
    if (!rect || !this.mask || rect.left >= rect.right || rect.top >= rect.bottom) return;
    const [width, height] = [rect.right - rect.left, rect.bottom - rect.top];
    const pixels = this.#pixels.subarray(0, width * height);
    paint(this.mask, this.view, rect, pixels);
    const bytes = new Uint8ClampedArray(pixels.buffer, 0, 4 * pixels.length);
    this.context.putImageData(new ImageData(bytes, width, height), rect.left, rect.top);
  }

  /** The brush as a double ring, and the shape that is being drawn out. */
  #outline() {
    const { scale, x, y } = this.view;
    const ring = this.#pointer !== null && this.pen.isBrush;
    for (const circle of this.svg.querySelectorAll("circle")) {
      circle.toggleAttribute("hidden", !ring);
      circle.setAttribute("cx", String(this.#pointer?.x ?? 0));
      circle.setAttribute("cy", String(this.#pointer?.y ?? 0));
      const wider = circle.classList.contains("outer") ? 1.5 : 0;
      circle.setAttribute("r", String(Math.max(1, (this.pen.size / 2) * scale) + wider));
    }
    const at = (/** @type {Point} */ point) => `${point.x * scale + x} ${point.y * scale + y}`;
    const { area, points, tool } = this.pen;
    let path = "";
    if (tool === "lasso" && points.length > 1) path = `M${points.map(at).join("L")}Z`;
    else if (area) path = tool === "ellipse" ? ellipse(area, scale, at) : rectangle(area, at);
    for (const shape of this.svg.querySelectorAll("path")) shape.setAttribute("d", path);
  }
}

/** @param {Rect} area @param {(point: Point) => string} at */
const rectangle = ({ left, top, right, bottom }, at) =>
  `M${[
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]
    .map(([x = 0, y = 0]) => at({ x, y }))
    .join("L")}Z`;

/** @param {Rect} area @param {number} scale @param {(point: Point) => string} at */
function ellipse({ left, top, right, bottom }, scale, at) {
  const arc = `A${((right - left) / 2) * scale} ${((bottom - top) / 2) * scale} 0 0 1 `;
  const middle = (top + bottom) / 2;
  return `M${at({ x: left, y: middle })}${arc}${at({ x: right, y: middle })}${arc}${at({ x: left, y: middle })}Z`;
}
