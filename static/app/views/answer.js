// The answer of a turn: its items as they come, where it stands, and the facts about it.
import { sourcesOf } from "../lib/citations.js";
import { isRunning } from "../lib/conversation-store.js";
import { gettext } from "../lib/gettext.js";
import { textOf } from "../lib/item-text.js";
import { clock, dollars, duration, elapsed, tokens } from "../lib/format.js";
import { clone, icon, ref } from "../lib/templates.js";
import { ApprovalView } from "./approval.js";
import { itemView } from "./item.js";
import { MarginView } from "./margin.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {{ me: import("../types").Me, waits: boolean, last: boolean, writes: boolean }} Place
    `waits`: the answer before still runs; `last`: nothing follows; `writes`: the viewer may write */
/** @typedef {{ tone: "warn" | "danger" | "quiet", icon: string, words: string, offers: string[] }} Notice */

export class AnswerView {
  element = clone("answer-template");
  margin = new MarginView(this.element);
  /** @type {(ReturnType<typeof itemView> & { type?: string } | undefined)[]} */ #items = [];
  /** @type {ApprovalView[]} */ #approvals = [];
  /** @type {Turn | undefined} */ #turn;
  #facts = "";

  /**
   * @param {Turn} turn
   * @param {Place} place
   */
  update(turn, place) {
    this.#turn = turn;
    this.element.classList.toggle("continues", Boolean(turn.continues));
    const running = isRunning(turn);
    const lamp = ref(this.element, "lamp");
    lamp.className = `lamp ${running ? "lit" : turn.status === "failed" ? "danger" : ""}`;
    const time = /** @type {HTMLTimeElement} */ (ref(this.element, "time"));
    time.dateTime = turn.timing.queued_at;
    time.textContent = clock(turn.timing.queued_at);
    ref(this.element, "demo").hidden = !turn.demo;
    ref(this.element, "actions").classList.toggle("later", running);
    ref(this.element, "regenerate").hidden = !place.writes;
    const report = /** @type {HTMLAnchorElement} */ (ref(this.element, "report"));
    report.href = `${location.pathname}report/?turn=${turn.id}`;
    report.hidden = running || turn.output.length === 0;
    ref(this.element, "waiting").hidden = !running || turn.output.some((item) => item && item.type !== "reasoning");
    const sources = sourcesOf(turn.output, `${location.pathname}responses/${turn.id}/made/`);
    this.#paintItems(turn, running, sources);
    this.#paintSources([...sources.values()]);
    this.#paintApprovals(turn, place);
    this.#paintNotice(noticeOf(turn), place);
    this.#paintFacts(turn, place);
  }

  /** Once a second while it runs. */
  tick() {
    const since = this.element.querySelector("[data-ref=since]");
    if (since && this.#turn) since.textContent = elapsed(Date.now() - Date.parse(this.#turn.timing.queued_at));
  }

  /** What was said, as it was written. */
  get text() {
    const messages = this.#turn?.output.filter((item) => item?.type === "message") ?? [];
    return messages.map((item) => textOf(item ?? {})).join("\n\n");
  }

  /**
   * @param {Turn} turn
   * @param {boolean} running
   * @param {Map<string, import("../lib/citations.js").Source>} sources
   */
  #paintItems(turn, running, sources) {
    const said = ref(this.element, "said");
    for (const [index, item] of turn.output.entries()) {
      if (!item) continue;
      let view = this.#items[index];
      if (!view || view.type !== item.type) {
        view?.element.remove();
        view = Object.assign(itemView(item), { type: item.type });
        this.#items[index] = view;
        const next = this.#items.slice(index + 1).find(Boolean);
        said.insertBefore(view.element, next?.element ?? null);
      }
      const { form, fit } = turn;
      const cut = turn.status === "incomplete" || turn.status === "cancelled" || turn.status === "failed";
      const asks = turn.approvals?.find(({ request }) => request === item.call_id)?.state;
      const thought = turn.timing.first_token_ms;
      view.update(asks ? { ...item, asks } : item, { running, sources, thought, form, fit, cut });
    }
    for (const gone of this.#items.splice(turn.output.length)) gone?.element.remove();
    said.hidden = said.childElementCount === 0;
  }

  /**
   * @param {Turn} turn
   * @param {Place} place
   */
  #paintApprovals(turn, { me, writes }) {
    const approvals = turn.approvals ?? [];
    const list = ref(this.element, "approvals");
    list.hidden = approvals.length === 0;
    for (const [index, approval] of approvals.entries()) {
      const view = (this.#approvals[index] ??= new ApprovalView());
      if (!view.element.isConnected) list.append(view.element);
      view.update(approval, me, writes);
    }
    for (const gone of this.#approvals.splice(approvals.length)) gone.element.remove();
  }

  /** @param {import("../lib/citations.js").Source[]} sources */
  #paintSources(sources) {
    const list = ref(this.element, "sources");
    if (list.childElementCount === sources.length) return;
    list.hidden = sources.length === 0;
    list.replaceChildren(
      ...sources.map(({ url, title, where }) => {
        const entry = document.createElement("li");
        const name = document.createElement(url ? "a" : "span");
        name.textContent = title;
        if (url) Object.assign(name, { href: url, rel: "noopener noreferrer nofollow", target: "_blank" });
        entry.append(name, where ? ` · ${where}` : "");
        return entry;
      }),
    );
  }

  /**
   * @param {Notice | undefined} notice
   * @param {Place} place
   */
  #paintNotice(notice, place) {
    const element = ref(this.element, "notice");
    element.hidden = !notice;
    if (!notice) return;
    element.className = notice.tone === "quiet" ? "row small muted stopped" : `banner ${notice.tone}`;
    ref(element, "icon").replaceChildren(icon(notice.icon, notice.tone === "quiet" ? "i sm" : "i"));
    ref(element, "words").textContent = notice.words;
    ref(element, "continue").hidden = !place.writes || !place.last || !notice.offers.includes("continue");
    ref(element, "retry").hidden = !place.writes || !notice.offers.includes("retry");
  }

  /**
   * @param {Turn} turn
   * @param {Place} place
   */
  #paintFacts(turn, place) {
    const facts = factsOf(turn);
    if (place.waits) facts.push(gettext("Waiting for the answer before"));
    if (isRunning(turn) && turn.asked_again_in !== undefined)
      facts.push(
        gettext("The provider is busy. Asking again in %(seconds)s s", { seconds: Math.ceil(turn.asked_again_in) }),
      );
    const ticks = isRunning(turn) && !place.waits;
    const state = JSON.stringify([facts, turn.remarks, ticks]);
    if (state === this.#facts) return;
    this.#facts = state;
    const spans = facts.map((fact) => span(fact));
    if (ticks) spans.push(clone("since-template"));
    for (const remark of turn.remarks) spans.push(span(remark, "remark"));
    ref(this.element, "facts").replaceChildren(...spans);
    this.tick();
  }
}

/**
 * @param {Turn} turn
 * @returns {string[]}
 */
function factsOf(turn) {
  const { usage, timing } = turn;
  const facts = [turn.model_label || turn.model];
  if (usage) facts.push(tokens(usage.input_tokens ?? 0, usage.output_tokens ?? 0));
  if (!isRunning(turn) && timing.done_ms !== null) facts.push(duration(timing.done_ms));
  if (turn.cost) facts.push(dollars(turn.cost));
  return facts.filter(Boolean);
}

/**
 * @param {string} text
 * @param {string} [className]
 */
const span = (text, className = "") => Object.assign(document.createElement("span"), { textContent: text, className });

/**
 * @param {Turn} turn
 * @returns {Notice | undefined}
 */
function noticeOf(turn) {
  const both = turn.form ? ["retry"] : ["continue", "retry"]; // the rest of a JSON by itself is none
  if (turn.status === "failed") {
    const words = turn.error?.message ?? gettext("The answer failed. Try again.");
    return { tone: "danger", icon: "circle-alert", words, offers: ["retry"] };
  }
  if (turn.status === "cancelled") {
    const time = turn.timing.done_ms === null ? "" : duration(turn.timing.done_ms);
    const words = time ? gettext("Stopped after %(time)s", { time }) : gettext("Stopped");
    return { tone: "quiet", icon: "square", words, offers: both };
  }
  if (turn.status !== "incomplete") return undefined;
  switch (turn.incomplete) {
    case "max_output_tokens":
      return {
        tone: "warn",
        icon: "triangle-alert",
        words: turn.form
          ? gettext("The answer reached its length limit, so its JSON is not whole. A retry gets twice the room.")
          : gettext("The answer reached its length limit."),
        offers: both,
      };
    case "content_filter":
      return {
        tone: "warn",
        icon: "triangle-alert",
        words: gettext(
          "The provider’s content filter ended the answer. Word the message differently and send it again.",
        ),
        offers: [],
      };
    case "max_messages":
      return { tone: "warn", icon: "triangle-alert", words: gettext("The answer took its last turn."), offers: both };
    case "steered":
      return {
        tone: "quiet",
        icon: "square",
        words: gettext("Ended because another message changed its course."),
        offers: both,
      };
    case "interrupted":
      return {
        tone: "warn",
        icon: "triangle-alert",
        words: gettext("Interrupted. These words are safe."),
        offers: both,
      };
    default: {
      const reason = turn.incomplete === "unknown" ? "" : turn.incomplete;
      const words = [gettext("The answer is not complete.")];
      if (reason) words.push(gettext("The provider’s reason: %(reason)s.", { reason }));
      return { tone: "warn", icon: "triangle-alert", words: words.join(" "), offers: both };
    }
  }
}
