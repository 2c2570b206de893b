import { post } from "../lib/api.js";
import { elapsed } from "../lib/format.js";
import { fetchFragment } from "../lib/fragment.js";
import { gettext, ngettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

const OPEN = 2_000; // milliseconds between two looks while the list is open
const SHUT = 10_000;
const SOON = 600;

/** What tells the server which conversation is on the screen. */
function lookedAt() {
  const open = /^\/conversations\/(\w+)\/$/.exec(location.pathname);
  return open ? `?open=${open[1]}` : "";
}

/**
 * Show how much waits for the viewer, wherever the page says so.
 * @param {"approvals" | "notices"} kind
 * @param {number} count
 */
function showWaiting(kind, count) {
  for (const element of document.querySelectorAll(`[data-waiting=${kind}]`)) {
    if (element.textContent !== String(count)) element.textContent = String(count);
    element.toggleAttribute("hidden", count === 0);
  }
}

/**
 * `<running-work source="/running/">`: how much runs in all conversations, and the list of it with its Stop buttons.
 * It is asked for, now and then and when something hints at a change: a page has a socket to one conversation only.
 */
export class RunningWork extends AppElement {
  #timer = 0;
  #ticks = 0;
  #abort = new AbortController();

  connectedCallback() {
    this.on(this.#popover, "toggle", (event) => {
      if (event.newState === "open") this.look();
    });
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(document, "visibilitychange", () => this.look());
    const hints = ["chat:send", "chat:stop", "chat:regenerate", "chat:continue", "chat:decide", "work:changed"];
    for (const name of hints) {
      this.on(document, name, () => this.#plan(SOON));
    }
    this.#ticks = setInterval(() => this.#tick(), 1000);
    this.look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    clearInterval(this.#ticks);
    this.#abort.abort();
  }

  get #popover() {
    return /** @type {HTMLElement} */ (this.querySelector("[popover]"));
  }

  /** Fetches the list, unless nobody looks at the page. */
  async look() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const list = await fetchFragment(`${this.getAttribute("source")}${lookedAt()}`, signal);
      this.#show(list);
    } catch {
      // What stands there stays; the next look may succeed
    }
    if (!signal.aborted && this.isConnected) this.#plan(this.#popover.matches(":popover-open") ? OPEN : SHUT);
  }

  /** @param {number} pause */
  #plan(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), pause);
  }

  /** @param {DocumentFragment} list */
  #show(list) {
    const count = Number(list.querySelector("[data-count]")?.getAttribute("data-count") ?? 0);
    for (const kind of /** @type {const} */ (["approvals", "notices"])) {
      showWaiting(kind, Number(list.querySelector(`[data-${kind}]`)?.getAttribute(`data-${kind}`) ?? 0));
    }
    const words = count === 0 ? gettext("Nothing runs") : ngettext("%(count)s at work", "%(count)s at work", count);
    if (ref(this, "words").textContent !== words) ref(this, "words").textContent = words;
    ref(this, "lamp").className = `lamp ${count ? "lit" : "off"}`;
    const shown = ref(this, "list");
    const focused = document.activeElement?.getAttribute("data-stop");
    shown.replaceChildren(list);
    this.#tick();
    if (!focused) return;
    const again = shown.querySelector(`[data-stop="${CSS.escape(focused)}"]`) ?? ref(this, "button");
    if (again instanceof HTMLElement) again.focus();
  }

  #tick() {
    for (const time of this.querySelectorAll("[data-since]")) {
      time.textContent = elapsed(Date.now() - Date.parse(time.getAttribute("data-since") ?? ""));
    }
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-stop]");
    if (!(button instanceof HTMLButtonElement)) return;
    button.disabled = true;
    try {
      await post(button.dataset.stop ?? "");
    } catch {
      button.disabled = false;
    }
    this.#plan(SOON);
  }
}
