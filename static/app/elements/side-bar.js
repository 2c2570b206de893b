/**
 * The sidebar: search as you type, "Show more" in place, the theme without a page load.
 * Every part of it is a form or a link that works without this script.
 */
export class SideBar extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;

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
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
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

  /**
   * Fetch a piece of the list; a newer request ends an older one.
   * @param {URLSearchParams} parameters
   * @returns {Promise<DocumentFragment | null>} null when it failed or was overtaken: what stands there stays
   */
  async fetchList(parameters) {
    this.#abort.abort();
    this.#abort = new AbortController();
    try {
      const answer = await fetch(`${this.field.dataset.source}?${parameters}`, { signal: this.#abort.signal });
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
