// The masks that were painted, each with its picture, and what of them the server has.
import { send } from "./files.js";
import { Mask } from "./mask.js";

/**
 * @typedef {{ id: string, source?: string, url: string, width: number, height: number }} Shown a picture that can be
 * masked: `id` is that of the version, `source` that of the file where it is another one
 */

/** Pictures whose masks are remembered. */
const MOST = 3;

class Work {
  /** The file of the mask as it is now, at the server. @type {string | undefined} */ sent;

  /**
   * @param {Shown} original
   * @param {Shown} picture what is painted on: the original, or its larger canvas
   */
  constructor(original, picture = original) {
    this.original = original;
    this.picture = picture;
    this.mask = new Mask(picture.width, picture.height);
  }

  get isExtended() {
    return this.picture.id !== this.original.id;
  }
}

export class MaskWorks {
  /** By the ids of the originals, the one that is shown last. @type {Map<string, Work>} */ #works = new Map();
  /** @type {Work | undefined} */ now;

  /** @param {Shown} picture @returns {boolean} whether another one was shown before */
  open(picture) {
    if (this.now?.original.id === picture.id) return false;
    this.#put(this.#works.get(picture.id) ?? new Work(picture));
    return true;
  }

  /** @param {Shown} picture a larger canvas of the one that is shown @param {Uint8Array} data the mask of what is new */
  extend(picture, data) {
    if (!this.now) return;
    const work = new Work(this.now.original, picture);
    work.mask.data.set(data);
    this.#put(work);
  }

  /** Goes back from the larger canvas to the picture itself. */
  shrink() {
    if (this.now) this.#put(new Work(this.now.original));
  }

  /** Whether something is painted on a picture. @param {string} id */
  has(id) {
    const work = this.#works.get(id);
    return Boolean(work && !work.mask.isBlank);
  }

  /**
   * What the mask of a picture adds to a request, uploaded unless that was done; nothing where nothing is painted.
   * @param {string} id
   * @returns {Promise<{ mask?: string, canvas?: string }>}
   */
  async take(id) {
    const work = this.#works.get(id);
    if (!work || work.mask.isBlank) return {};
    const mask = (work.sent ??= await send(work.mask));
    return work.isExtended ? { mask, canvas: work.picture.id } : { mask };
  }

  /** @param {Work} work */
  #put(work) {
    this.#works.delete(work.original.id);
    this.#works.set(work.original.id, work);
    for (const id of this.#works.keys()) if (this.#works.size > MOST) this.#works.delete(id);
    this.now = work;
  }
}
