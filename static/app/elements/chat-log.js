import { attachmentsOf } from "../lib/attachments.js";
import { isRunning, messageOf } from "../lib/conversation-store.js";
import { gettext } from "../lib/gettext.js";
import { HistoryWindow } from "../lib/history-window.js";
import { sends } from "../lib/keys.js";
import { NewLine } from "../lib/new-line.js";
import { StickyScroll } from "../lib/sticky-scroll.js";
import { clone } from "../lib/templates.js";
import { commentOf, keyAt, reactionOf } from "../views/margin.js";
import { NoteView } from "../views/note.js";
import { TurnView } from "../views/turn.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../lib/conversation-store.js").ConversationStore} ConversationStore */
/** @typedef {ConversationStore["entries"][number]} Entry */

const AHEAD = "1500px 0px"; // how far before its edge the history grows, so that the reader never waits at it

/**
 * `<chat-log role="log">`: draws what a store shows of a conversation and keeps the reader where they read.
 *
 * Events: `chat:older` (more of the history is wanted), `chat:edit` ({ id, text, attachments }), `chat:regenerate`,
 * `chat:continue`, `chat:inspect` ({ id }), `chat:again`, `chat:back` ({ clientId }: send once more, take back),
 * `chat:branch` ({ branch }), `chat:delete-note` ({ id }),
 * `chat:menu` ({ key, turn }: the menu of a message opens), `marks:react` ({ key, emoji, on }), `marks:save-comment`
 * ({ key, output, text, client_id, done }),
 * `chat:said` ({ text }: something to announce), `chat:unfocused` (what had the focus is not there any more).
 */
class ChatLog extends AppElement {
  /** @type {ConversationStore | undefined} */ #store;
  /** @type {Map<string, TurnView | NoteView>} */ #views = new Map();
  #window = new HistoryWindow();
  #scroll = new StickyScroll(this, (stuck) => this.#stuck(stuck));
  #frame = 0;
  /** @type {Set<number> | undefined} */ #dirty = new Set();
  #top = document.createElement("div");
  #bottom = document.createElement("div");
  #edges = new IntersectionObserver((entries) => this.#atEdge(entries), { rootMargin: AHEAD });
  #settling = 0;
  /** What came since the viewer left. */ news = new NewLine(null);

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.on(this, "submit", (event) => this.#submitted(event));
    this.on(this, "keydown", (event) => this.#pressed(event));
    const ticks = setInterval(() => this.#tick(), 1000);
    this.on(window, "pagehide", () => clearInterval(ticks), { once: true });
  }

  /** @param {ConversationStore} store */
  show(store) {
    this.#store = store;
    this.#top.className = this.#bottom.className = "edge";
    this.replaceChildren(this.#top, this.#bottom);
    store.addEventListener("change", (event) => this.#changed(/** @type {CustomEvent} */ (event).detail));
    this.#render();
    this.toLatest();
    this.#watchEdges();
  }

  /** Goes to the newest words, and stays with them. */
  toLatest() {
    this.#window.toLatest();
    this.#render();
    this.#scroll.toBottom();
  }

  /**
   * Goes to a turn that is loaded, wherever it stands.
   * @param {number} id
   */
  toTurn(id) {
    const entries = this.#store?.entries ?? [];
    const entry = entries.find((entry) => "turn" in entry && entry.turn.id === id);
    if (!entry) return;
    this.#window.showAround(entry.key, entries);
    this.#scroll.leave();
    this.#render();
    this.#views.get(entry.key)?.elements[1]?.scrollIntoView({ block: "start", behavior: "instant" });
    this.#watchEdges();
  }

  /** Opens the viewer's own last message for another wording. */
  editLast() {
    const own = this.#store?.path.findLast((turn) => turn.input.some((item) => item.author?.id === this.#store?.me.id));
    const view = [...this.#views.values()].find(({ id }) => id === own?.id);
    view?.edit();
  }

  /** @param {number | null} id of the turn that changed; null: anything may have */
  #changed(id) {
    if (id === null) this.#dirty = undefined;
    else this.#dirty?.add(id);
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  #render() {
    const store = this.#store;
    if (!store) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    const { path } = store;
    const entries = this.#window.cut(store.entries);
    const keys = new Set(entries.map((entry) => entry.key));
    const focused = this.contains(document.activeElement);
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      for (const element of view.elements) element.remove();
      this.#views.delete(key);
    }
    let last = "";
    /** @type {Element} */ let before = this.#top;
    for (const entry of entries) {
      const known = this.#views.get(entry.key);
      const view = known ?? viewOf(entry);
      this.#views.set(entry.key, view);
      if ("pending" in entry) view.updatePending(entry.pending, store.me);
      else if ("note" in entry || view instanceof NoteView) this.#note(view, entry);
      else if (!known || !dirty || dirty.has(entry.turn.id)) {
        const at = path.indexOf(entry.turn);
        const previous = path[at - 1];
        const waits = entry.turn.status === "queued" && previous !== undefined && isRunning(previous);
        const writes = store.conversation.may_write;
        const last = at === path.length - 1;
        view.update(entry.turn, { me: store.me, previous, margins: this.#margins, waits, last, writes });
      }
      view.date = dateOf(entry);
      view.day.hidden = view.day.textContent === last;
      last = view.day.textContent ?? "";
      for (const element of this.news.among(entry, view.elements)) {
        if (before.nextElementSibling !== element) before.after(element);
        before = element;
      }
    }
    if (focused && !this.contains(document.activeElement)) this.emit("chat:unfocused");
    this.#scroll.settle();
    if (!this.#settling) this.#settling = setTimeout(() => this.#settle(), 300);
  }

  /**
   * @param {TurnView | NoteView} view
   * @param {Entry} entry
   */
  #note(view, entry) {
    const store = this.#store;
    if (!store || !("note" in entry) || !(view instanceof NoteView)) return;
    const mine = entry.note.author?.id === store.me.id || store.conversation.role === "owner";
    view.update(entry.note, mine, this.#margins);
  }

  /** @returns {import("../views/margin.js").Margins} */
  get #margins() {
    const { marks, me, conversation } = /** @type {ConversationStore} */ (this.#store);
    return { marks, me: me.id, owns: conversation.role === "owner", notes: conversation.may_note };
  }

  /**
   * Opens the field for a comment in the margin of what has this name.
   * @param {string} key
   */
  comment(key) {
    const element = this.querySelector(`[data-mark="${key}"]`);
    if (element) this.#viewAt(element)?.marginAt(element)?.compose();
  }

  /** What is finished and has its size may be left out of the layout while it is out of sight. */
  #settle() {
    this.#settling = 0;
    const running = new Set(this.#store?.running.map((turn) => turn.id));
    for (const view of this.#views.values()) {
      for (const element of view.elements) element.classList.toggle("settled", !running.has(view.id ?? -1));
    }
  }

  #tick() {
    for (const turn of this.#store?.running ?? []) {
      for (const view of this.#views.values()) if (view.id === turn.id) view.tick();
    }
  }

  /** An observer tells of changes only: what is still in sight after the history grew has to be asked for again. */
  #watchEdges() {
    this.#edges.disconnect();
    this.#edges.observe(this.#top);
    this.#edges.observe(this.#bottom);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #atEdge(entries) {
    const reached = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    if (reached.includes(this.#top)) this.#grow("up");
    else if (reached.includes(this.#bottom)) this.#grow("down");
  }

  /** @param {"up" | "down"} direction */
  #grow(direction) {
    const store = this.#store;
    if (!store) return;
    if (this.#window.grow(direction, store.entries)) {
      this.#scroll.keep(() => this.#render());
      this.#watchEdges();
    } else if (direction === "up" && store.before !== null && !this.#top.firstElementChild) {
      this.#scroll.keep(() => this.#top.replaceChildren(clone("older-template")));
      this.emit("chat:older");
    }
  }

  /** Older turns have come: they stand before what is read, which does not move. */
  grewUp() {
    this.#scroll.keep(() => {
      this.#top.replaceChildren();
      this.#grow("up");
    });
  }

  /** Older turns did not come: a button asks again. */
  failedUp() {
    this.#scroll.keep(() => this.#top.replaceChildren(clone("older-failed-template")));
  }

  /** @param {boolean} stuck */
  #stuck(stuck) {
    const jump = document.querySelector("[data-action=latest]");
    if (jump instanceof HTMLElement) jump.hidden = stuck;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const link = target.closest("a[data-branch]");
    if (link instanceof HTMLElement && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.dataset.branch) this.emit("chat:branch", { branch: Number(link.dataset.branch) });
    }
    const button = target.closest("[data-action]");
    if (button instanceof HTMLElement && button.dataset.action === "older") {
      this.#top.replaceChildren();
      this.#grow("up");
    }
    const view = button && this.#viewAt(button);
    if (button instanceof HTMLElement && view) this.#act(button, view);
  }

  /**
   * @param {HTMLElement} button
   * @param {TurnView | NoteView} view
   */
  #act(button, view) {
    switch (button.dataset.action) {
      case "copy":
        return this.#copy(button, view.textAt(button));
      case "copy-code":
        return this.#copy(button, button.closest("figure")?.querySelector("code")?.textContent ?? "");
      case "edit":
        return view.edit();
      case "leave-edit":
        return view.leaveEdit();
      case "inspect":
        return this.emit("chat:inspect", { id: view.id });
      case "more":
        return this.emit("chat:menu", { key: keyAt(button), turn: String(view.id ?? "") });
      case "react":
        return button.ariaDisabled !== "true" && this.emit("marks:react", reactionOf(button));
      case "comment-picture":
        return view.marginAt(button)?.compose(button.dataset.output);
      case "leave-comment":
        return view.marginAt(button)?.leave();
      case "delete-comment":
        return this.emit("chat:delete-note", { id: button.dataset.note });
      case "delete-note":
        return view instanceof NoteView && this.emit("chat:delete-note", { id: view.note });
      case "regenerate":
        return this.emit("chat:regenerate", { id: view.id });
      case "continue":
        return this.emit("chat:continue", { id: view.id });
      case "again":
        return this.emit("chat:again", { clientId: view.clientId });
      case "back":
        return this.emit("chat:back", { clientId: view.clientId });
    }
  }

  /**
   * @param {HTMLElement} button
   * @param {string} text
   */
  async #copy(button, text) {
    await navigator.clipboard.writeText(text);
    this.emit("chat:said", { text: gettext("Copied") });
    const label = button.querySelector("span");
    if (label) label.textContent = gettext("Copied");
    button.classList.add("copied");
    setTimeout(() => {
      if (label) label.textContent = gettext("Copy");
      button.classList.remove("copied");
    }, 1500);
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const view = this.#viewAt(form);
    const text = String(new FormData(form).get("text")).trim();
    if (!view || !text) return;
    if (form.classList.contains("comment"))
      return this.emit("marks:save-comment", { ...commentOf(form), text, done: () => view.marginAt(form)?.leave() });
    const turn = this.#store?.path.find(({ id }) => id === view.id);
    view.leaveEdit();
    const attachments = attachmentsOf(turn?.input.findLast(({ role }) => role === "user")?.payload.content);
    if (turn) this.emit("chat:edit", { id: messageOf(turn), text, attachments });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const form = /** @type {Element} */ (event.target).closest("form.edit");
    if (!form) return;
    if (event.key === "Escape") this.#viewAt(form)?.leaveEdit();
    else if (sends(event)) {
      event.preventDefault();
      /** @type {HTMLFormElement} */ (form).requestSubmit();
    }
  }

  /** @param {Element} element */
  #viewAt(element) {
    return [...this.#views.values()].find((view) => view.elements.some((own) => own.contains(element)));
  }
}

/** @param {Entry} entry */
function viewOf(entry) {
  const isNote = "note" in entry || ("pending" in entry && entry.pending.to === "people");
  return isNote ? new NoteView() : new TurnView();
}

/** @param {Entry} entry */
function dateOf(entry) {
  if ("note" in entry) return entry.note.created_at;
  return "pending" in entry ? entry.pending.created_at : entry.turn.timing.queued_at;
}

customElements.define("chat-log", ChatLog);
export { ChatLog };
