// What an output or input item that is not a message says in one line, and what it shows when it is opened.
import { gettext } from "./gettext.js";
import { CALLS } from "./words/calls.js";
import { COMPUTER } from "./words/computer.js";
import { CONTEXT } from "./words/context.js";
import { isOver, json, text } from "./words/parts.js";
import { PROGRAMS } from "./words/programs.js";
import { SEARCHES } from "./words/searches.js";

/** @typedef {import("../types").Item} Item */
/** @typedef {import("./words/parts.js").Block} Block */
/**
 * @typedef {object} Words
 * @property {string} text
 * @property {string} subject
 * @property {string} after
 * @property {string} end
 * @property {"running" | "over" | "unfinished" | "failed"} state
 * @property {Block[]} blocks
 */

const WORDS = { ...SEARCHES, ...CALLS, ...PROGRAMS, ...COMPUTER, ...CONTEXT };

/** Every kind of item that has words of its own; a message has none, it is its words. */
export const KINDS = Object.keys(WORDS);

/**
 * @param {Item} item
 * @returns {Words} an item of a kind that is not known says its type and shows itself as received
 */
export function wordsOf(item) {
  const type = text(item.type) || "item";
  const line = Object.hasOwn(WORDS, type) ? WORDS[type]?.(item) : undefined;
  const {
    subject = "",
    after = "",
    end = "",
    blocks = [],
    failed = false,
    text: said,
  } = line ?? asReceived(type, item);
  return { text: said, subject, after, end, state: stateOf(item, failed), blocks: blocks.filter((block) => !!block) };
}

/**
 * @param {string} type
 * @param {Item} item
 * @returns {import("./words/parts.js").Line}
 */
function asReceived(type, item) {
  const received = { ...item };
  delete received.timing;
  return { text: "", subject: type, after: gettext("shown as received"), blocks: [json(gettext("Item"), received)] };
}

/**
 * @param {Item} item
 * @param {boolean} failed
 */
function stateOf(item, failed) {
  if (failed || item.status === "failed") return "failed";
  if (item.status === "incomplete") return "unfinished";
  return isOver(item) ? "over" : "running";
}
