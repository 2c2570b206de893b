import { post } from "../lib/api.js";
import { gettext } from "../lib/gettext.js";
import { clone } from "../lib/templates.js";

const MOST = 100; // unread messages that are counted
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
    this.list.addEventListener("toggle", (event) => this.openFolder(event), true);
    for (const type of /** @type {const} */ (["dragstart", "dragover", "dragleave", "drop"])) {
      this.list.addEventListener(type, (event) => this.dragged(event));
    }
    this.#lamps = setInterval(() => this.checkLamps(), LAMPS);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    clearInterval(this.#lamps);
    this.#abort.abort();
  }

  /** Fetch what lies in a folder when it is opened. @param {Event} event */
  async openFolder(event) {
    const folder = /** @type {HTMLDetailsElement} */ (event.target);
    if (folder.dataset.folder && folder.open) await this.fillFolder(folder.dataset.folder);
  }

  /** @param {string} id */
  async fillFolder(id) {
    const found = await this.fetchList(new URLSearchParams({ folder: id }), AbortSignal.timeout(LAMPS));
    const place = this.list.querySelector(`[data-folder="${CSS.escape(id)}"] [data-part=folder]`);
    if (found && place) place.replaceChildren(found);
  }

  /** A conversation is dragged to a folder. @param {DragEvent} event */
  dragged(event) {
    const target = /** @type {Element} */ (event.target);
    const folder = target.closest("[data-folder]");
    if (event.type === "dragstart") {
      const id = target.closest("[data-conversation]")?.getAttribute("data-conversation");
      if (id) event.dataTransfer?.setData("application/x-conversation", id);
    } else if (folder instanceof HTMLElement && event.dataTransfer?.types.includes("application/x-conversation")) {
      event.preventDefault();
      folder.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop")
        this.fileUnder(event.dataTransfer.getData("application/x-conversation"), folder.dataset.folder ?? "");
    }
  }

  /**
   * @param {string} conversation
   * @param {string} folder
   */
  async fileUnder(conversation, folder) {
    const heard = this.querySelector("[data-part=heard]");
    try {
      const answer = await post(`/conversations/${conversation}/folder/`, { folder: Number(folder) });
      if (heard) heard.textContent = gettext("It lies in “%(folder)s” now.", { folder: answer.folder });
      await this.fillFolder(folder);
    } catch (error) {
      if (heard) heard.textContent = /** @type {Error} */ (error).message;
    }
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

  /**
   * Show how much of another conversation is unread; one that is not in the list yet comes with a new one.
   * @param {{ conversation: string, count: number }} news
   */
  showUnread({ conversation, count }) {
    const row = this.list.querySelector(`[data-conversation="${CSS.escape(conversation)}"]`);
    if (!row) {
      if (count > 0 && !document.hidden) this.search();
      return;
    }
    row.querySelector(".count")?.remove();
    row.classList.toggle("new-here", count > 0);
    if (count === 0) return;
    const number = clone("unread-template");
    number.prepend(count < MOST ? String(count) : "99+");
    row.querySelector("span")?.after(number);
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
          markCurrent(link);
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

/** What is looked at has nothing unread. @param {Element} link */
function markCurrent(link) {
  link.setAttribute("aria-current", "page");
  link.classList.remove("new-here");
  link.querySelector(".count")?.remove();
}
