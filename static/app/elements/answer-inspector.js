import { get, post } from "../lib/api.js";
import { highlighted } from "../lib/code.js";
import { fetchFragment } from "../lib/fragment.js";
import { gettext } from "../lib/gettext.js";
import { clone } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<answer-inspector base="/conversations/ID/">`: the panel beside the conversation that tells all about one answer.
 * What is large is fetched when it comes into sight. Which answer is open stands in the address (`?inspect=7`).
 *
 * Events: `inspector:moved` ({ id: number or null }: the address should say so), `chat:said` ({ text }).
 */
class AnswerInspector extends AppElement {
  /** @type {number | null} */ #id = null;
  #abort = new AbortController();
  /** @type {Element | null} */ #opener = null;
  /** @type {WeakMap<Element, Promise<void>>} */ #filled = new WeakMap();
  #led = 0;
  #status = "";
  #sight = new IntersectionObserver((entries) => this.#seen(entries), { root: this, rootMargin: "200px 0px" });

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(document, "keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || this.hidden) return;
      if (document.querySelector("dialog:modal, :popover-open") || event.target.closest?.("form.edit")) return;
      this.close();
    });
    this.on(this, "scroll", () => this.#markTab());
  }

  get base() {
    return this.getAttribute("base") ?? "";
  }

  /** The answer that is shown, null while it is closed. */
  get shown() {
    return this.#id;
  }

  /** @param {number | null} id of the response; null closes it */
  show(id) {
    if (id === null) this.close();
    else if (id !== this.#id) this.open(id);
  }

  /** @param {number} id of the response */
  async open(id) {
    this.#opener ??= document.activeElement;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#id = id;
    this.hidden = false;
    this.closest(".app")?.classList.add("with-panel");
    this.emit("inspector:moved", { id });
    if (!this.firstElementChild) this.replaceChildren(clone("inspector-waiting-template"));
    this.ariaBusy = "true";
    try {
      const panel = await fetchFragment(`${this.base}responses/${id}/inspector/`, this.#abort.signal);
      this.replaceChildren(panel);
      this.scrollTop = 0;
      for (const section of this.querySelectorAll("[data-source]")) this.#sight.observe(section);
      this.querySelector("h2")?.focus({ preventScroll: true });
    } catch {
      if (this.#id === id && !this.#abort.signal.aborted) this.replaceChildren(clone("inspector-failed-template"));
    }
    this.ariaBusy = "false";
  }

  /**
   * Once the answer that is shown has ended, all about it is fetched anew.
   * @param {import("../types").Turn | undefined} turn
   */
  watch(turn) {
    const before = this.#status;
    this.#status = turn?.status ?? "";
    if (turn && before !== "" && before !== turn.status) this.open(turn.id);
  }

  close() {
    if (this.#id === null) return;
    this.#abort.abort();
    this.#sight.disconnect();
    this.#id = null;
    this.#status = "";
    this.hidden = true;
    this.replaceChildren();
    this.closest(".app")?.classList.remove("with-panel");
    this.emit("inspector:moved", { id: null });
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus({ preventScroll: true });
    else this.emit("chat:unfocused");
    this.#opener = null;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#fill(/** @type {HTMLElement} */ (target));
    }
  }

  /**
   * Once for each section.
   * @param {HTMLElement} section
   */
  #fill(section) {
    this.#sight.unobserve(section);
    const filling = this.#filled.get(section) ?? this.#fetch(section);
    this.#filled.set(section, filling);
    return filling;
  }

  /** @param {HTMLElement} section */
  async #fetch(section) {
    section.ariaBusy = "true";
    section.append(...(await this.#fetched(section.dataset.source ?? "")));
    section.ariaBusy = "false";
  }

  /**
   * @param {string} url
   * @returns {Promise<ChildNode[]>} what stands there then, also where it failed
   */
  async #fetched(url) {
    try {
      const part = await fetchFragment(url, this.#abort.signal);
      for (const code of part.querySelectorAll("code[data-language]")) {
        code.replaceChildren(highlighted(code.textContent ?? "", code.getAttribute("data-language") ?? ""));
      }
      return [...part.childNodes];
    } catch {
      if (this.#abort.signal.aborted) return [];
      const again = clone("inspector-part-failed-template");
      const button = again.querySelector("button");
      if (button) button.dataset.again = url;
      return [again];
    }
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const target = /** @type {Element} */ (event.target).closest("button, a");
    if (!(target instanceof HTMLElement)) return;
    const { dataset } = target;
    if (dataset.inspectClose !== undefined) this.close();
    else if (dataset.inspect && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.open(Number(dataset.inspect));
    } else if (dataset.more)
      target.replaceWith(...(await this.#fetched(`${this.base}responses/${this.#id}/inspector/${dataset.more}`)));
    else if (dataset.again) target.parentElement?.replaceWith(...(await this.#fetched(dataset.again)));
    else if (dataset.snippet) this.#copySnippet(dataset.snippet);
    else if (dataset.copyBody !== undefined) {
      const codes = target.closest("section")?.querySelectorAll("code") ?? [];
      this.#copy([...codes].map((code) => code.textContent).join(""));
    } else if (dataset.deleteAtProvider) this.#askToDelete(target, dataset.deleteAtProvider);
    else if (target.matches(".tabs a")) this.#goTo(event, target);
  }

  /** @param {string} url */
  async #copySnippet(url) {
    try {
      const { text } = await get(url);
      await this.#copy(text);
    } catch (error) {
      this.emit("chat:said", { text: error instanceof Error ? error.message : gettext("Not copied") });
    }
  }

  /** @param {string} text */
  async #copy(text) {
    await navigator.clipboard.writeText(text);
    this.emit("chat:said", { text: gettext("Copied") });
  }

  /**
   * @param {HTMLElement} button
   * @param {string} url
   */
  #askToDelete(button, url) {
    const dialog = this.querySelector("dialog");
    if (!dialog) return;
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener(
      "close",
      async () => {
        if (dialog.returnValue !== "delete") return button.focus();
        button.setAttribute("disabled", "");
        try {
          await post(url);
          this.emit("chat:said", { text: gettext("Deleted at the provider") });
        } catch (error) {
          this.emit("chat:said", { text: error instanceof Error ? error.message : gettext("Not deleted") });
        }
        if (this.#id !== null) this.open(this.#id);
      },
      { once: true },
    );
  }

  /**
   * A tab leads to its section, once all have their length. The address stays: it names the answer.
   * @param {MouseEvent} event
   * @param {HTMLElement} tab
   */
  async #goTo(event, tab) {
    event.preventDefault();
    const section = this.querySelector(tab.getAttribute("href") ?? "");
    /** @type {NodeListOf<HTMLElement>} */
    const fetched = this.querySelectorAll("[data-source]");
    await Promise.all([...fetched].map((one) => this.#fill(one)));
    this.#led = performance.now();
    const head = this.querySelector("header")?.getBoundingClientRect().height ?? 0;
    if (section) this.scrollTop += section.getBoundingClientRect().top - this.getBoundingClientRect().top - head;
    section?.querySelector("h3")?.setAttribute("tabindex", "-1");
    section?.querySelector("h3")?.focus({ preventScroll: true });
    this.#markTab(tab);
  }

  /** @param {Element} [chosen] */
  #markTab(chosen) {
    if (!chosen && performance.now() - this.#led < 500) return;
    const tabs = [...this.querySelectorAll(".tabs a")];
    const top = this.getBoundingClientRect().top + 140;
    const above = (/** @type {Element} */ tab) => {
      const section = this.querySelector(tab.getAttribute("href") ?? "");
      return section !== null && section.getBoundingClientRect().top <= top;
    };
    const current = chosen ?? tabs.findLast(above) ?? tabs[0];
    for (const tab of tabs) {
      if (tab === current) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  }
}

customElements.define("answer-inspector", AnswerInspector);
export { AnswerInspector };
