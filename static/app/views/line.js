// Any item but words and pictures: one quiet line that opens to what was handed over and what came back.
import { took } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { wordsOf } from "../lib/item-words.js";
import { patch } from "../lib/patch.js";
import { clone, icon, ref } from "../lib/templates.js";
import { drawBlocks } from "./blocks.js";

/** @typedef {import("../types").Item} Item */

export class LineView {
  element = /** @type {HTMLDetailsElement} */ (clone("aside-template"));
  /** @type {Set<number>} */ #whole = new Set();
  /** @type {import("../lib/item-words.js").Words["blocks"]} */ #blocks = [];
  #drawn = "";

  constructor() {
    this.element.addEventListener("toggle", () => this.#draw());
    this.element.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("[data-whole]");
      if (!(button instanceof HTMLElement)) return;
      this.#whole.add(Number(button.dataset.whole));
      this.#drawn = "";
      this.#draw();
    });
  }

  /**
   * @param {Item} item
   * @param {{ running: boolean }} around
   */
  update(item, { running }) {
    const words = wordsOf(item);
    const state = words.state === "running" && !running ? "over" : words.state;
    this.#blocks = words.blocks;
    const remark = {
      running: "",
      over: words.after,
      unfinished: joined(words.after, gettext("not finished")),
      failed: joined(words.after, gettext("failed")),
    };
    setLine(this.element, {
      text: words.text,
      subject: shortened(words.subject),
      after: state === "running" ? words.after : remark[state],
      end: [words.end, took(item.timing)].filter(Boolean).join(" · "),
      over: state !== "running",
      failed: state === "failed",
      openable: words.blocks.length > 0,
    });
    this.#draw();
  }

  /** Its inside is drawn when it is looked at: most lines are never opened, and some hold megabytes. */
  #draw() {
    if (!this.element.open) return;
    const state = JSON.stringify(this.#blocks);
    if (state === this.#drawn) return;
    this.#drawn = state;
    patch(ref(this.element, "body"), drawBlocks(this.#blocks, this.#whole));
  }
}

/**
 * @param {string} after
 * @param {string} word
 */
const joined = (after, word) => [after, word].filter(Boolean).join(" · ");

/** @param {string} subject */
function shortened(subject) {
  const line = subject.replace(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

/**
 * @param {Element} aside
 * @param {{ text: string, subject?: string, after?: string, end?: string, over: boolean, openable: boolean, failed?: boolean }} line
 */
export function setLine(aside, { text, subject = "", after = "", end = "", over, openable, failed = false }) {
  setText(ref(aside, "text"), text);
  setText(ref(aside, "subject"), subject);
  setText(ref(aside, "after"), after);
  setText(ref(aside, "end"), end);
  aside.classList.toggle("danger-text", failed);
  aside.classList.toggle("bare", !openable);
  const summary = /** @type {HTMLElement} */ (aside.querySelector("summary"));
  summary.tabIndex = openable ? 0 : -1;
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
