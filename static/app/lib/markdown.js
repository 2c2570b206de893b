// Paints Markdown into an element while it grows. The text is the truth and the elements follow from it: finished blocks
// are never touched again, only the last one is parsed anew, and the end puts right what later text changed earlier.
import remend from "remend";
import { LONGEST, highlighted, languageOf } from "./code.js";
import { blocksOf, safeFragment } from "./html.js";
import { patch } from "./patch.js";

const GAP = 50; // ms between two paints, and at least four times what the last one cost
const HEAL = {
  linkMode: /** @type {const} */ ("text-only"),
  katex: false,
  comparisonOperators: false,
  singleTilde: false,
};
const OPENING = /^\s*?( {0,3})(`{3,}|~{3,})[^\n`]*\n/;

/** @typedef {{ raw: string, html: string, finished: boolean, element: HTMLElement }} Block */
/** @typedef {{ closing: RegExp, code: HTMLElement, coloured: number, at: number, cost: number }} Fence */

export class MarkdownStream {
  #text = "";
  #base = 0; // where the text of the first unsettled block begins
  #settled = 0; // how many of the blocks are final
  /** @type {Block[]} */ #blocks = [];
  /** @type {Fence | undefined} */ #fence;
  /** @type {string | undefined} */ #ended; // the text as it was given to end()
  #timer = 0;
  #painted = 0;
  #cost = 0;

  /**
   * @param {HTMLElement} root
   * @param {{ breaks?: boolean, finish?: (fragment: DocumentFragment) => void }} [options] `finish` may change what is
   * safe already, before it is painted
   */
  constructor(root, { breaks = false, finish = () => {} } = {}) {
    this.root = root;
    this.breaks = breaks;
    this.finish = finish;
  }

  /**
   * The text so far. It is painted soon; text that does not continue what was there is painted from the beginning.
   * @param {string} text
   */
  grow(text) {
    const clean = text.replaceAll("\r\n", "\n");
    if (clean === this.#text) return;
    this.#ended = undefined;
    if (!clean.startsWith(this.#text)) this.#restart();
    this.#text = clean;
    if (this.#timer) return;
    const wait = this.#painted + Math.max(GAP, 4 * this.#cost) - performance.now();
    this.#timer = setTimeout(() => requestAnimationFrame(() => this.#flush()), Math.max(0, wait));
  }

  /**
   * The text is complete: everything is parsed once as a whole, and the blocks that come out different are repainted.
   * @param {string} [text]
   */
  end(text = this.#text) {
    if (text === this.#ended) return;
    this.#ended = text;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#text = text.replaceAll("\r\n", "\n");
    this.#restart();
    this.#apply(blocksOf(this.#text, this), true);
  }

  #restart() {
    this.#fence = undefined;
    this.#base = 0;
    this.#settled = 0;
  }

  #flush() {
    if (this.#timer === 0) return; // it ended meanwhile
    this.#timer = 0;
    const start = performance.now();
    this.#paint();
    this.#painted = performance.now();
    this.#cost = this.#painted - start;
  }

  #paint() {
    const source = this.#text.slice(this.#base);
    if (this.#fence) {
      const body = source.slice(source.indexOf("\n") + 1);
      if (!this.#fence.closing.test(body)) {
        this.#paintCode(this.#fence, body);
        return;
      }
      this.#fence = undefined;
    }
    const blocks = blocksOf(remend(source, HEAL), this);
    this.#apply(blocks, false);
    this.#settle(blocks, source);
    this.#enterFence();
  }

  /**
   * @param {{ raw: string, html: () => string }[]} blocks those after the settled ones
   * @param {boolean} final
   */
  #apply(blocks, final) {
    for (const [index, { raw, html: render }] of blocks.entries()) {
      const finished = final || index < blocks.length - 1;
      const at = this.#settled + index;
      const old = this.#blocks[at];
      if (!final && old?.raw === raw && old.finished === finished) continue;
      const html = render();
      if (old?.html === html && old.finished === finished) {
        old.raw = raw;
        continue;
      }
      const element = old?.element ?? this.root.appendChild(document.createElement("div"));
      const fragment = safeFragment(html, { finished });
      this.finish(fragment);
      patch(element, fragment);
      this.#blocks[at] = { raw, html, finished, element };
    }
    for (const gone of this.#blocks.splice(this.#settled + blocks.length)) gone.element.remove();
  }

  /**
   * All blocks but the last are final.
   * @param {{ raw: string }[]} blocks
   * @param {string} source
   */
  #settle(blocks, source) {
    if (blocks.length < 2) return;
    let cut = 0;
    for (const { raw } of blocks.slice(0, -1)) {
      const at = source.indexOf(raw, cut);
      if (at < 0) return;
      cut = at + raw.length;
    }
    this.#base += cut;
    this.#settled = this.#blocks.length - 1;
  }

  /** Code only grows until its fence closes: no parser is needed for it. */
  #enterFence() {
    const [opening, indent = "", ticks = ""] = OPENING.exec(this.#text.slice(this.#base)) ?? [];
    const code = this.#blocks.at(-1)?.element.querySelector("code");
    if (!opening || !code || this.#settled !== this.#blocks.length - 1) return;
    this.#base += opening.indexOf(ticks) - indent.length;
    const closing = new RegExp(`^ {0,3}${ticks.charAt(0)}{${ticks.length},}[ \\t]*$`, "m");
    this.#fence = { closing, code, coloured: -1, at: 0, cost: 0 };
  }

  /**
   * Colours whole lines when there is time for it, and appends the rest as it is.
   * @param {Fence} fence
   * @param {string} body
   */
  #paintCode(fence, body) {
    const lines = body.lastIndexOf("\n") + 1;
    const now = performance.now();
    const last = fence.code.lastChild;
    if (lines !== fence.coloured && lines < LONGEST && now - fence.at > Math.max(80, 12 * fence.cost)) {
      const coloured = highlighted(body.slice(0, lines), languageOf(fence.code.className));
      coloured.append(document.createTextNode(body.slice(lines)));
      patch(fence.code, coloured);
      Object.assign(fence, { coloured: lines, at: now, cost: performance.now() - now });
    } else if (last instanceof Text && (fence.coloured >= 0 || fence.code.childNodes.length === 1)) {
      last.data = body.slice(Math.max(0, fence.coloured));
    } else {
      fence.code.textContent = body;
    }
    const block = this.#blocks.at(-1);
    if (block) Object.assign(block, { raw: "", html: "" }); // what is on the page is not what the parser gave
  }
}

/**
 * Paints a finished text: a stored message looks as it did while it came.
 * @param {HTMLElement} root
 * @param {string} text
 * @param {{ breaks?: boolean }} [options]
 */
export function renderMarkdown(root, text, options) {
  new MarkdownStream(root, options).end(text);
}
