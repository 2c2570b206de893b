// Which part of a long conversation stands on the page. The rest is only a list of turns.

const FIRST = 12;
const STEP = 10;
const MOST = 150; // turns, about 300 articles

export class HistoryWindow {
  // The entries at both edges, by key: what comes before or after them does not move the window
  #firstKey = "";
  #lastKey = ""; // empty: open to whatever comes

  /** Back to the newest entries, with as little before them as fills a screen. */
  toLatest() {
    this.#firstKey = "";
    this.#lastKey = "";
  }

  /**
   * Goes to one entry, with some before and some after it.
   * @param {string} key
   * @param {{ key: string }[]} entries
   */
  showAround(key, entries) {
    const at = entries.findIndex((entry) => entry.key === key);
    const end = Math.min(entries.length, at + 1 + STEP);
    this.#firstKey = entries[Math.max(0, at - STEP)]?.key ?? "";
    this.#lastKey = end === entries.length ? "" : (entries[end - 1]?.key ?? "");
  }

  /**
   * @template {{ key: string }} T
   * @param {T[]} entries
   * @returns {T[]} the shown part
   */
  cut(entries) {
    const [first, end] = this.#edges(entries);
    return entries.slice(first, end);
  }

  /**
   * @param {"up" | "down"} direction
   * @param {{ key: string }[]} entries
   * @returns {boolean} false where there is nothing more in this direction
   */
  grow(direction, entries) {
    let [first, end] = this.#edges(entries);
    if (direction === "up" ? first === 0 : end === entries.length) return false;
    if (direction === "up") {
      first = Math.max(0, first - STEP);
      end = Math.min(end, first + MOST);
    } else {
      end = Math.min(entries.length, end + STEP);
      first = Math.max(first, end - MOST);
    }
    this.#firstKey = entries[first]?.key ?? "";
    this.#lastKey = end === entries.length ? "" : (entries[end - 1]?.key ?? "");
    return true;
  }

  /**
   * @param {{ key: string }[]} entries
   * @returns {[first: number, end: number]}
   */
  #edges(entries) {
    const last = this.#lastKey ? entries.findIndex(({ key }) => key === this.#lastKey) : -1;
    const end = last < 0 ? entries.length : last + 1;
    let first = this.#firstKey ? entries.findIndex(({ key }) => key === this.#firstKey) : -1;
    if (first < 0 || first >= end) first = Math.max(0, end - FIRST);
    // New entries at the end push the oldest ones out
    first = Math.max(first, end - MOST);
    this.#firstKey = entries[first]?.key ?? "";
    return [first, end];
  }
}
