const LAMPS = 10_000; // milliseconds between two looks at the lamps

/**
 * The sidebar: search as you type, "Show more" in place, the theme without a page load, lamps that go out.
 * Every part of it is a form or a link that works without this script.
 */
export class SideBar extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;
  #lamps = 0;

  get list() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-part=list]"));
  }

  get field() {
    return /** @type {HTMLInputElement} */ (this.querySelector("[data-part=search] input"));
  }

  connectedCallback() {
    this.field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.search(), 120);
    });
    this.querySelector("[data-part=search]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    this.querySelector("[data-part=theme]")?.addEventListener("submit", (event) => this.switchTheme(event));
    this.list.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest("[data-part=more]");
      if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      this.showMore(link);
    });
    this.#lamps = setInterval(() => this.checkLamps(), LAMPS);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    clearInterval(this.#lamps);
    this.#abort.abort();
  }

  /** Replace the list by the conversations whose titles have the words in the field. */
  async search() {
    const found = await this.fetchList(new URLSearchParams({ q: this.field.value }));
    if (found) this.list.replaceChildren(found);
  }

  /** Put the next page of the list in the place of its link. @param {HTMLAnchorElement} link */
  async showMore(link) {
    const found = await this.fetchList(new URL(link.href).searchParams);
    if (!found) return;
    const first = found.querySelector(".side-list a");
    this.joinGroups(found);
    link.replaceWith(found);
    if (first instanceof HTMLElement) first.focus();
  }

  /** A group that goes on from the page before gets its rows, not a second heading. @param {DocumentFragment} found */
  joinGroups(found) {
    const last = [...this.list.querySelectorAll(".side-group")].at(-1);
    const next = found.querySelector(".side-group");
    if (!(last instanceof HTMLElement) || !(next instanceof HTMLElement)) return;
    if (last.dataset.group !== next.dataset.group) return;
    last.querySelector(".side-list")?.append(...next.querySelectorAll("li"));
    next.remove();
  }

  /** The page hears only of the conversation that it shows: whether the others still run has to be asked. */
  async checkLamps() {
    const lit = [...this.list.querySelectorAll("a:not([aria-current]) .lamp")];
    if (lit.length === 0 || document.hidden) return;
    const found = await this.fetchList(new URLSearchParams({ q: this.field.value }), AbortSignal.timeout(LAMPS));
    for (const lamp of lit) {
      const id = lamp.closest("a")?.dataset.conversation;
      const row = found?.querySelector(`[data-conversation="${id}"]`);
      if (row && !row.querySelector(".lamp")) lamp.remove();
    }
  }

  /** What ends the request before, because a newer one begins. */
  get newest() {
    this.#abort.abort();
    this.#abort = new AbortController();
    return this.#abort.signal;
  }

  /**
   * Fetch a piece of the list.
   * @param {URLSearchParams} parameters
   * @param {AbortSignal} [signal] without one, a newer request ends an older one
   * @returns {Promise<DocumentFragment | null>} null when it failed or was overtaken: what stands there stays
   */
  async fetchList(parameters, signal = this.newest) {
    try {
      const answer = await fetch(`${this.field.dataset.source}?${parameters}`, { signal });
      if (!answer.ok || answer.redirected) return null;
      // Our own template's markup, as it would stand in a whole page
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const link of page.querySelectorAll(".side-list a")) {
        if (
          new URL(/** @type {HTMLAnchorElement} */ (link).getAttribute("href") ?? "", location.href).pathname ===
          location.pathname
        )
          link.setAttribute("aria-current", "page");
      }
      const found = document.createDocumentFragment();
      found.append(...page.body.childNodes);
      return found;
    } catch {
      return null;
    }
  }

  /** Show the other theme at once, and let the server keep it. @param {SubmitEvent | Event} event */
  switchTheme(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const root = document.documentElement;
    const shown = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = shown === "dark" ? "light" : "dark";
    const body = new FormData(form);
    body.set("theme", root.dataset.theme);
    fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  }
}
