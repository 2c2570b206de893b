import { elapsed } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { mayDecide } from "../views/approval.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../lib/conversation-store.js").ConversationStore} ConversationStore */

/** @type {Partial<Record<import("../types").Status, string>>} */
const ENDS = {
  completed: gettext("Answer complete"),
  cancelled: gettext("Stopped"),
  incomplete: gettext("The answer is not complete"),
  failed: gettext("The answer failed"),
};

/**
 * `<status-line>`: what runs here, in one line. The words (`role=status`) change only when something begins or ends, so
 * that a screen reader hears no seconds; the time beside them is for the eye. Event: `chat:branch` ({ branch }).
 */
class StatusLine extends AppElement {
  /** @type {Turn | undefined} */ #shown;
  #connection = "connecting";
  #ticks = 0;

  connectedCallback() {
    this.#ticks = setInterval(() => this.#tick(), 1000);
    this.on(ref(this, "elsewhere"), "click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.emit("chat:branch", { branch: Number(event.currentTarget.dataset.branch) });
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#ticks);
  }

  /** @param {string} state of the socket */
  set connection(state) {
    this.#connection = state;
  }

  /** @param {ConversationStore} store */
  update(store) {
    const running = store.running[0];
    const ended = this.#shown && !running ? store.turn(this.#shown.id) : undefined;
    if (running) this.#shown = running;
    else if (store.runningElsewhere.length > 0) this.#shown = undefined;
    this.#say(...this.#words(store, running, ended));
    const [branch] = running ? [] : store.runningElsewhere;
    const link = /** @type {HTMLAnchorElement} */ (ref(this, "elsewhere"));
    link.hidden = branch === undefined;
    link.href = `?branch=${branch}`;
    link.dataset.branch = String(branch);
    this.#tick();
  }

  /**
   * @param {ConversationStore} store
   * @param {Turn | undefined} running
   * @param {Turn | undefined} ended
   * @returns {[words: string, lamp: string]}
   */
  #words(store, running, ended) {
    if (this.#connection === "offline")
      return [gettext("Offline. You can read; what you write is sent when the connection is back"), "warn"];
    if (this.#connection === "reconnecting") return [gettext("Connecting again"), "warn"];
    if (this.#connection === "closed") return [gettext("Not connected. Load the page again"), "danger"];
    if (running) {
      const asked = running.input.at(-1)?.author;
      const other = asked && asked.id !== store.me.id;
      return [other ? gettext("Answering %(name)s", { name: asked.name }) : gettext("Answering"), "lit"];
    }
    if (store.runningElsewhere.length > 0) return [gettext("Answering on another branch"), "lit"];
    const waiting = store.path.flatMap((turn) => turn.approvals ?? []).filter(({ state }) => state === "pending");
    const writes = store.conversation.may_write;
    if (waiting.some((approval) => mayDecide(approval, store.me, writes)))
      return [gettext("Waiting for you to approve a call"), "warn"];
    if (waiting.length) return [gettext("Waiting for a person to approve a call"), "warn"];
    const end = ended && ENDS[ended.status];
    if (end) return [end, ended.status === "failed" ? "danger" : ""];
    return [store.model?.demo ? `${gettext("Ready")} · ${gettext("built-in demo model")}` : gettext("Ready"), "off"];
  }

  /**
   * @param {string} words
   * @param {string} lamp
   */
  #say(words, lamp) {
    const text = ref(this, "words");
    if (text.textContent !== words) text.textContent = words;
    ref(this, "lamp").className = `lamp ${lamp}`;
  }

  #tick() {
    const time = ref(this, "time");
    const turn = ref(this, "lamp").classList.contains("lit") ? this.#shown : undefined;
    time.textContent = turn ? ` · ${elapsed(Date.now() - Date.parse(turn.timing.queued_at))}` : "";
  }
}

customElements.define("status-line", StatusLine);
export { StatusLine };
