// Reasoning: one quiet line that opens to its summary, part by part, and to the raw reasoning where a model gives it.
import { duration, took } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { MarkdownStream } from "../lib/markdown.js";
import { clone, ref } from "../lib/templates.js";
import { setLine } from "./line.js";

/** @typedef {import("../types").Item} Item */

const HEADING = /^\s*(?:\*\*([^*\n]{1,120})\*\*[ \t]*(?:\n|$)|#{1,4} ([^\n]{1,120}))/;

export class ReasoningView {
  element = clone("aside-template");
  /** @type {Map<string, MarkdownStream>} */ #parts = new Map();

  /**
   * @param {Item} item
   * @param {{ running: boolean, thought: number | null }} around `thought`: ms until the first word, when known
   */
  update(item, { running, thought }) {
    const over =
      !running || item.status === "completed" || item.status === "incomplete" || item.timing?.ended_ms !== undefined;
    const summary = textsOf(item.summary);
    const raw = textsOf(item.content);
    const about = headingOf(over ? summary : summary.slice(-1));
    const time = took(item.timing) || (over && thought !== null ? duration(thought) : "");
    const verb = over ? gettext("Thought") : gettext("Thinking");
    setLine(this.element, {
      text: about ? `${verb}:` : over && time ? gettext("Thought for %(time)s", { time }) : verb,
      subject: about,
      after: item.status === "incomplete" ? gettext("not finished") : "",
      end: about ? time : "",
      over,
      openable: summary.length + raw.length > 0,
    });
    for (const [index, text] of summary.entries()) this.#paint(`summary-${index}`, text, over, "");
    for (const [index, text] of raw.entries()) {
      this.#paint(`raw-${index}`, text, over, index === 0 && summary.length > 0 ? gettext("Raw reasoning") : "");
    }
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {boolean} over
   * @param {string} title
   */
  #paint(key, text, over, title) {
    let stream = this.#parts.get(key);
    if (!stream) {
      const body = ref(this.element, "body");
      if (title) body.append(Object.assign(document.createElement("p"), { className: "eyebrow", textContent: title }));
      const prose = document.createElement("div");
      prose.className = "prose";
      body.append(prose);
      stream = new MarkdownStream(prose);
      this.#parts.set(key, stream);
    }
    if (over) stream.end(text);
    else stream.grow(text);
  }
}

/** @param {unknown} parts */
function textsOf(parts) {
  const all = Array.isArray(parts) ? parts : [];
  return all.map((part) => (typeof part?.text === "string" ? part.text : "")).filter(Boolean);
}

/** @param {string[]} parts what the first of these is about, by its own heading */
function headingOf(parts) {
  const [, bold, heading] = HEADING.exec(parts[0] ?? "") ?? [];
  return bold ?? heading ?? "";
}
