// Where the reader is in the page: with the newest words, or further up, where nothing may move under their eyes.

const NEAR = 80; // px from the end that still count as being there

export class StickyScroll {
  #stuck = true;
  #last = 0;

  /**
   * @param {HTMLElement} content what grows
   * @param {(stuck: boolean) => void} changed
   */
  constructor(content, changed) {
    this.content = content;
    this.changed = changed;
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.settle()).observe(content);
    addEventListener("resize", () => this.settle());
  }

  toBottom() {
    this.#set(true);
    this.settle();
  }

  /** Leaves the end: what grows there does not move the page. */
  leave() {
    this.#set(false);
  }

  /** Something grew: a reader at the end stays there. */
  settle() {
    if (this.#stuck) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  }

  /**
   * Runs a change that puts elements before what is read, and keeps that in its place. The browser's own anchoring does
   * nothing at the very top, so it is done by hand against one element.
   * @param {() => void} change
   */
  keep(change) {
    const articles = [...this.content.querySelectorAll("article")];
    const anchor = articles.find((article) => article.getBoundingClientRect().bottom > 0);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    document.documentElement.classList.add("unanchored");
    change();
    if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
    requestAnimationFrame(() => document.documentElement.classList.remove("unanchored"));
  }

  get #distance() {
    const { scrollHeight } = document.documentElement;
    return scrollHeight - innerHeight - scrollY;
  }

  #scrolled() {
    // Only going up leaves the end: text that grows faster than we scroll does not
    if (this.#distance < NEAR) this.#set(true);
    else if (scrollY < this.#last - 1) this.#set(false);
    this.#last = scrollY;
  }

  /** @param {boolean} stuck */
  #set(stuck) {
    if (stuck === this.#stuck) return;
    this.#stuck = stuck;
    this.changed(stuck);
  }
}
