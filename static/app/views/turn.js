// One turn on the page: what was asked, then what was answered; or a message that the server has not confirmed yet.
import { partsOf } from "../lib/attachments.js";
import { messageOf } from "../lib/conversation-store.js";
import { day } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AnswerView } from "./answer.js";
import { InputItemView, callNames, isMessage } from "./input-item.js";
import { MessageView } from "./message.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../types").Pending} Pending */
/** @typedef {import("../types").Person} Person */

export class TurnView {
  /** @type {(MessageView | InputItemView)[]} */ #messages = [];
  /** @type {AnswerView | undefined} */ #answer;
  #date = "";
  day = document.createElement("p");
  /** @type {number | null} */ id = null;
  clientId = "";

  constructor() {
    this.day.className = "day";
    this.day.hidden = true;
  }

  /** @param {string} iso of the turn; the day is shown where another one ended */
  set date(iso) {
    if (this.#date === iso) return;
    this.#date = iso;
    this.day.textContent = day(iso);
  }

  /** Everything that stands on the page for this turn, in order. */
  get elements() {
    const parts = [...this.#messages, ...(this.#answer ? [this.#answer] : [])];
    return [this.day, ...parts.map((part) => part.element)];
  }

  /**
   * @param {Turn} turn
   * @param {{ me: import("../types").Me, previous: Turn | undefined, margins: import("./margin.js").Margins, waits: boolean, last: boolean, writes: boolean }} around
   */
  update(turn, { me, previous, margins, ...place }) {
    this.id = turn.id;
    this.#sizeTo(turn.input.length, (index) => isMessage(/** @type {Turn["input"][0]} */ (turn.input[index])));
    const names = turn.input.every(isMessage) ? new Map() : callNames(previous?.output ?? []);
    for (const [index, item] of turn.input.entries()) {
      const view = this.#messages[index];
      if (view instanceof InputItemView) view.update(item, names);
      if (view instanceof InputItemView) view.watch(place.last);
      if (view instanceof InputItemView) view.element.classList.toggle("continues", Boolean(turn.continues));
      if (!(view instanceof MessageView)) continue;
      const editable = place.writes && item.author?.id === me.id && item.role === "user";
      view.update({ ...item, state: "", problem: "", editable });
      view.margin.update(`item-${item.id}`, margins);
      const isLast = index === turn.input.length - 1;
      switchOf(view.element).show(gettext("Wordings of this message"), messageOf(turn), isLast ? turn.siblings : []);
    }
    this.#answer ??= new AnswerView();
    this.#answer.update(turn, { me, ...place });
    this.#answer.margin.update(`answer-${turn.id}`, margins);
    switchOf(this.#answer.element).show(gettext("Answers to this message"), turn.id, turn.answers);
    this.#name(String(turn.id));
  }

  /**
   * @param {Pending} pending
   * @param {Person} me
   */
  updatePending(pending, me) {
    this.clientId = pending.client_id;
    this.#sizeTo(1, () => true);
    const { created_at, state, problem, text, attachments = [] } = pending;
    const content = [...(text ? [{ type: "input_text", text }] : []), ...partsOf(attachments)];
    const payload = { type: "message", role: "user", content };
    const [message] = /** @type {MessageView[]} */ (this.#messages);
    message?.update({ author: me, created_at, payload, state, problem, editable: false });
    this.#name("");
  }

  tick() {
    this.#answer?.tick();
  }

  /**
   * The margin of what `element` stands in.
   * @param {Element} element
   */
  marginAt(element) {
    const parts = [this.#answer, ...this.#messages];
    const part = parts.find((part) => part?.element.contains(element));
    return part instanceof InputItemView ? undefined : part?.margin;
  }

  edit() {
    this.#messages.at(-1)?.edit();
  }

  leaveEdit() {
    this.#messages.at(-1)?.leave();
  }

  /**
   * The text of the article that `element` stands in.
   * @param {Element} element
   */
  textAt(element) {
    if (this.#answer?.element.contains(element)) return this.#answer.text;
    return this.#messages.find((message) => message.element.contains(element))?.text ?? "";
  }

  /**
   * @param {number} count
   * @param {(index: number) => boolean} says whether the item at that place is a message
   */
  #sizeTo(count, says) {
    for (let index = 0; index < count; index++) {
      const known = this.#messages[index];
      if (known && known instanceof MessageView === says(index)) continue;
      known?.element.remove();
      this.#messages[index] = says(index) ? new MessageView() : new InputItemView();
    }
    for (const gone of this.#messages.splice(count)) gone.element.remove();
  }

  /** @param {string} id */
  #name(id) {
    for (const element of this.elements) {
      element.dataset.turn = id;
      element.dataset.client = this.clientId;
    }
  }
}

/** @param {Element} element */
function switchOf(element) {
  return /** @type {import("../elements/branch-switch.js").BranchSwitch} */ (ref(element, "branches"));
}
