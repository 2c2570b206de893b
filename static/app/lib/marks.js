// What people have put on messages and answers: reactions, comments in the margin, the viewer's own bookmarks.

/** @typedef {import("../types").Place} Place */
/** @typedef {import("../types").Reaction} Reaction */
/** @typedef {import("../types").Note} Note */

/**
 * The name of what is marked: a message by its item, an answer by its response.
 * @param {Place} place
 */
export const keyOfPlace = ({ item, response }) => (item ? `item-${item}` : `answer-${response}`);

/**
 * What is marked, by its name.
 * @param {string} key
 * @returns {Place}
 */
export function placeOfKey(key) {
  const [kind, id] = key.split("-");
  return kind === "item" ? { item: Number(id) } : { response: Number(id) };
}

export class Marks {
  /** @type {Map<string, Reaction[]>} */ #reactions = new Map();
  /** @type {Map<string, Note[]>} */ #comments = new Map();
  /** @type {Set<string>} */ #bookmarks = new Set();

  /**
   * Takes what stands on the turns and notes of a page, in place of what was known of them.
   * @param {Pick<import("../types").TurnsPage, "turns" | "notes" | "marks">} page
   */
  take({ turns, notes, marks }) {
    const items = [...turns.flatMap((turn) => turn.input), ...notes];
    for (const key of [...turns.map(({ id }) => `answer-${id}`), ...items.map(({ id }) => `item-${id}`)]) {
      this.#reactions.delete(key);
      this.#comments.delete(key);
      this.#bookmarks.delete(key);
    }
    for (const note of notes) if (note.about) this.putComment(note);
    for (const reaction of marks?.reactions ?? []) {
      const key = keyOfPlace(reaction);
      this.#reactions.set(key, [...this.reactions(key), reaction]);
    }
    for (const place of marks?.bookmarks ?? []) this.#bookmarks.add(keyOfPlace(place));
  }

  /**
   * A reaction as a fact tells of it: how many there are now, and whose has changed.
   * @param {Omit<Reaction, "mine"> & { person: number, on: boolean }} fact
   * @param {number} me
   */
  react({ person, on, ...reaction }, me) {
    const key = keyOfPlace(reaction);
    const known = this.reactions(key).find(({ emoji }) => emoji === reaction.emoji);
    const now = { ...reaction, mine: person === me ? on : (known?.mine ?? false) };
    const all = known ? this.reactions(key).map((one) => (one === known ? now : one)) : [...this.reactions(key), now];
    const left = all.filter(({ count }) => count > 0);
    this.#reactions.set(key, left);
  }

  /** @param {Note} note as it is now; without words it is gone */
  putComment(note) {
    if (note.about && note.payload) {
      const key = keyOfPlace(note.about);
      const others = this.comments(key).filter(({ id }) => id !== note.id);
      const all = [...others, note].sort((a, b) => a.id - b.id);
      this.#comments.set(key, all);
      return;
    }
    for (const [key, comments] of this.#comments) {
      const left = comments.filter(({ id }) => id !== note.id);
      this.#comments.set(key, left);
    }
  }

  /**
   * @param {string} key
   * @param {boolean} on
   */
  bookmark(key, on) {
    if (on) this.#bookmarks.add(key);
    else this.#bookmarks.delete(key);
  }

  /** @param {string} key */
  reactions(key) {
    return this.#reactions.get(key) ?? [];
  }

  /** @param {string} key */
  comments(key) {
    return this.#comments.get(key) ?? [];
  }

  /** @param {string} key */
  isBookmarked(key) {
    return this.#bookmarks.has(key);
  }
}
