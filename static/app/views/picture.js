// A generated picture: a box of its final proportions first, then each partial in the place of the one before.
import { gettext } from "../lib/gettext.js";
import { showIn } from "../lib/sizes.js";
import { clone, ref } from "../lib/templates.js";

/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Picture} Picture */

export class PictureView {
  element = clone("picture-template");
  #shown = -1;

  /**
   * @param {Item} item
   * @param {{ running: boolean }} around
   */
  update(item, { running }) {
    const picture = item.locked ?? item.image ?? item.partial_image;
    const frame = ref(this.element, "frame");
    const forming = !item.image && running;
    frame.style.setProperty("--ar", String(proportionOf(item, picture)));
    frame.classList.toggle("forming", forming);
    frame.ariaBusy = String(forming);
    ref(this.element, "caption").textContent = captionOf(item, picture, running);
    const link = /** @type {HTMLAnchorElement} */ (ref(this.element, "download"));
    link.hidden = !item.image;
    if (item.image) link.href = `${(item.locked ?? item.image).url}download/`;
    const studio = /** @type {HTMLAnchorElement} */ (ref(this.element, "studio"));
    const here = location.pathname.split("/");
    studio.hidden = !item.image?.id || here[1] !== "conversations";
    if (item.image) studio.href = `/studio/${here[2]}/#${item.image.id}`;
    const comment = ref(this.element, "comment");
    comment.hidden = !item.image || !item.id;
    comment.dataset.output = item.id ?? "";
    if (picture)
      this.#swap(
        picture,
        item.image ? Infinity : (picture.index ?? 0),
        Boolean(item.image),
        String(item.revised_prompt ?? gettext("Picture by the model")),
      );
  }

  /**
   * @param {Picture} picture
   * @param {number} order partials may be decoded out of order: an older one is dropped
   * @param {boolean} whole of a partial image there are no smaller copies
   * @param {string} alt
   */
  async #swap(picture, order, whole, alt) {
    const image = new Image();
    image.dataset.picture = picture.url;
    image.alt = alt;
    const old = ref(this.element, "frame").querySelector("img");
    if (old?.dataset.picture === picture.url) return;
    if (whole) showIn(image, picture, "(min-width: 48rem) 36rem, 100vw");
    else image.src = picture.url;
    try {
      await image.decode();
    } catch {
      return; // gone or broken: what is shown already stays
    }
    if (order < this.#shown) return;
    this.#shown = order;
    ref(this.element, "frame").replaceChildren(image);
  }
}

/**
 * @param {Item} item
 * @param {Picture | undefined} picture
 */
function proportionOf(item, picture) {
  if (picture?.width && picture.height) return picture.width / picture.height;
  const [, width, height] = /^(\d+)x(\d+)$/.exec(String(item.size ?? "")) ?? [];
  return width && height ? Number(width) / Number(height) : 1;
}

/**
 * @param {Item} item
 * @param {Picture | undefined} picture
 * @param {boolean} running
 */
function captionOf(item, picture, running) {
  if (item.image) {
    const size = picture?.width && picture.height ? `${picture.width} × ${picture.height}` : "";
    return [item.revised_prompt, [size, item.quality].filter(Boolean).join(", ")].filter(Boolean).join(" · ");
  }
  if (!running) return gettext("The picture was not finished");
  return picture
    ? gettext("Partial %(number)s", { number: (picture.index ?? 0) + 1 })
    : gettext("The picture is forming");
}
