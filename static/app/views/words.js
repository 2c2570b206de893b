// A message of the model: each part of its content is a text, a refusal, or something newer.
import { fillMarks, withMarks } from "../lib/citations.js";
import { MarkdownStream } from "../lib/markdown.js";
import { clone } from "../lib/templates.js";
import { DataView } from "./data.js";

/** @typedef {import("../types").Item} Item */

const SAID = new Set(["output_text", "refusal", "input_text", "text", "summary_text", "reasoning_text"]);

export class WordsView {
  element = document.createElement("div");
  /** @type {MarkdownStream[]} */ #parts = [];
  /** @type {DataView | undefined} */ #data;
  /** @type {Map<string, import("../lib/citations.js").Source>} */ #sources = new Map();

  constructor() {
    this.element.className = "parts";
  }

  /**
   * @param {Item} item
   * @param {import("./item.js").Around} around
   */
  update(item, { running, sources, form, fit, cut }) {
    this.#sources = sources;
    const over = !running || item.status === "completed" || item.status === "incomplete";
    const content =
      typeof item.content === "string" ? [{ type: "output_text", text: item.content }] : (item.content ?? []);
    if (form && item.phase !== "commentary" && content.every((part) => part?.type === "output_text")) {
      this.#data ??= new DataView();
      if (!this.#data.element.isConnected) this.element.replaceChildren(this.#data.element);
      const text = content.map((part) => part?.text ?? "").join("");
      return this.#data.update(text, { over, form, fit, cut });
    }
    if (this.#data) this.#forgetData();
    for (const [index, part] of content.entries()) {
      const stream = this.#part(index);
      stream.root.classList.toggle("live", !over);
      const text = withMarks(wordsOf(part), part?.annotations, sources);
      if (over) stream.end(text);
      else stream.grow(text);
    }
    this.#note(content.some((part) => part?.type === "refusal"));
  }

  /** It turned out to be a refusal: words after all. */
  #forgetData() {
    this.#data?.element.remove();
    this.#data = undefined;
  }

  /** @param {number} index */
  #part(index) {
    for (let at = this.#parts.length; at <= index; at++) {
      const prose = document.createElement("div");
      prose.className = "prose";
      this.element.append(prose);
      this.#parts[at] = new MarkdownStream(prose, { finish: (fragment) => fillMarks(fragment, this.#sources) });
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

/** @param {import("../types").Part | null} part one of a kind that is not known is shown as received */
function wordsOf(part) {
  const text = part?.text ?? part?.refusal;
  if (typeof text === "string") return text;
  if (!part?.type || SAID.has(part.type)) return "";
  return ["```json", JSON.stringify(part, null, 2).replaceAll("```", "` ` `"), "```"].join("\n");
}
