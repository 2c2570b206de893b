// One output item on the page. Each view has an element and takes the item again whenever it changed.
import { duration } from "../lib/format.js";
import { wordsOf } from "../lib/item-words.js";
import { MarkdownStream } from "../lib/markdown.js";
import { clone, icon, ref } from "../lib/templates.js";
import { PictureView } from "./picture.js";

/** @typedef {import("../types").Item} Item */
/** @typedef {{ running: boolean, thought: number | null }} Around `thought`: ms until the first word, when known */

/** @param {Item} item */
export function itemView(item) {
  if (item.type === "message") return new TextView();
  if (item.type === "reasoning") return new ReasoningView();
  if (item.type === "image_generation_call") return new PictureView();
  return new LineView();
}

/** A message of the model: each part of its content is a text or a refusal. */
class TextView {
  element = document.createElement("div");
  /** @type {MarkdownStream[]} */ #parts = [];

  constructor() {
    this.element.className = "parts";
  }

  /**
   * @param {Item} item
   * @param {Around} around
   */
  update(item, { running }) {
    const over = isOver(item, running);
    for (const [index, part] of (item.content ?? []).entries()) {
      const stream = this.#part(index);
      stream.root.classList.toggle("live", !over);
      paint(stream, part?.text ?? part?.refusal ?? "", over);
    }
    this.#note(item.content?.some((part) => part?.type === "refusal") ?? false);
  }

  /** @param {number} index */
  #part(index) {
    for (let at = this.#parts.length; at <= index; at++) {
      const prose = document.createElement("div");
      prose.className = "prose";
      this.element.append(prose);
      this.#parts[at] = new MarkdownStream(prose);
    }
    return /** @type {MarkdownStream} */ (this.#parts[index]);
  }

  /** @param {boolean} refused */
  #note(refused) {
    const note = this.element.querySelector(":scope > .refusal");
    if (refused && !note) this.element.append(clone("refusal-template"));
    if (!refused) note?.remove();
  }
}

/** Reasoning: one quiet line that opens to its summary. */
class ReasoningView {
  element = clone("aside-template");
  #body = new MarkdownStream(ref(this.element, "body"));

  /**
   * @param {Item} item
   * @param {Around} around
   */
  update(item, { running, thought }) {
    const over = isOver(item, running);
    const parts = item.summary?.length ? item.summary : (item.content ?? []);
    const text = parts.map((part) => part?.text ?? "").join("\n\n");
    const words = over ? (thought === null ? "Thought" : `Thought for ${duration(thought)}`) : "Thinking";
    setLine(this.element, { text: words }, { over, openable: text !== "" });
    paint(this.#body, text, over);
  }
}

/** Any other item: a call, a search, something unknown. One line that opens to its exact arguments and outputs. */
class LineView {
  element = clone("aside-template");

  /**
   * @param {Item} item
   * @param {Around} around
   */
  update(item, { running }) {
    const words = wordsOf(item);
    const failed = item.status === "failed" || Boolean(item.error);
    const over = !running || !["in_progress", "searching", "calling", "interpreting"].includes(item.status ?? "");
    setLine(this.element, words, { over, failed, openable: words.parts.length > 0 });
    const body = ref(this.element, "body");
    for (const [index, part] of words.parts.entries()) {
      const figure = body.children[index] ?? body.appendChild(clone("part-template"));
      setText(ref(figure, "title"), part.title);
      setText(ref(figure, "text"), part.text);
    }
    while (body.children.length > words.parts.length) body.lastElementChild?.remove();
  }
}

/**
 * @param {Item} item
 * @param {boolean} running
 */
const isOver = (item, running) => !running || item.status === "completed" || item.status === "incomplete";

/**
 * @param {MarkdownStream} stream
 * @param {string} text
 * @param {boolean} over
 */
function paint(stream, text, over) {
  if (over) stream.end(text);
  else stream.grow(text);
}

/**
 * @param {Element} aside
 * @param {{ text: string, subject?: string, after?: string }} words
 * @param {{ over: boolean, openable: boolean, failed?: boolean }} state
 */
function setLine(aside, words, { over, openable, failed = false }) {
  setText(ref(aside, "text"), words.text);
  setText(ref(aside, "subject"), words.subject ?? "");
  setText(ref(aside, "after"), failed ? "failed" : (words.after ?? ""));
  aside.classList.toggle("danger-text", failed);
  aside.classList.toggle("bare", !openable);
  const mark = ref(aside, "mark");
  const wanted = over ? "chevron" : "lamp";
  if (mark.dataset.shows === wanted) return;
  mark.dataset.shows = wanted;
  const lamp = document.createElement("span");
  lamp.className = "lamp lit";
  mark.replaceChildren(over ? icon("chevron-right", "i sm turnable") : lamp);
}

/**
 * @param {Element} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
