// What an answer cites: the list of its sources, and marks in its text that lead to them.
import { gettext } from "./gettext.js";

/** @typedef {import("../types").Output} Output */
/** @typedef {import("../types").Annotation} Annotation */
/**
 * @typedef {object} Source
 * @property {string} key
 * @property {number} number its place in the list, from 1
 * @property {string} title
 * @property {string} url outside, or of a file that is kept here; "" where there is none
 * @property {string} where what is known of a file: that it lies in the provider's container
 * @property {Annotation} note
 */

// Two signs of Unicode's private area enclose the number of a source. They pass through Markdown as letters do.
const OPEN = "\uE000";
const CLOSE = "\uE001";
const OURS = /[\uE000\uE001]/g;
const MARK = /\uE000(\d+)\uE001/;
const LINK = /^\(?\[[^\]]*\]\([^\s)]*\)\)?$/;

/**
 * The sources of an answer, each once, in the order of their first mention.
 * @param {Output} output
 * @param {string} made where files that code made for this answer are had, by their ids
 * @returns {Map<string, Source>}
 */
export function sourcesOf(output, made) {
  /** @type {Map<string, Source>} */
  const sources = new Map();
  for (const item of output) {
    for (const part of item?.type === "message" ? listOf(item.content) : []) {
      for (const note of listOf(part?.annotations)) {
        const key = keyOf(note);
        if (!key || sources.has(key)) continue;
        sources.set(key, { key, number: sources.size + 1, ...described(note, made), note });
      }
    }
  }
  return sources;
}

/**
 * The text with a mark wherever it cites a source. A link that only names the source gives way to its mark.
 * @param {string} text
 * @param {unknown} annotations
 * @param {Map<string, Source>} sources
 */
export function withMarks(text, annotations, sources) {
  const notes = listOf(annotations).filter((note) => sources.has(keyOf(note)));
  if (notes.length === 0) return text.replace(OURS, " ");
  const clean = text.replace(OURS, " ");
  const places = notes.map((note) => placeOf(note, clean, sources)).filter((place) => place !== undefined);
  places.sort((a, b) => b.start - a.start || b.end - a.end);
  let marked = clean;
  for (const { start, end, mark } of places) marked = marked.slice(0, start) + mark + marked.slice(end);
  return marked;
}

/**
 * Turns marks into links to the list of sources, and takes them out where no link can stand.
 * @param {DocumentFragment | Element} root
 * @param {Map<string, Source>} sources
 */
export function fillMarks(root, sources) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode())
    if (MARK.test(walker.currentNode.nodeValue ?? "")) texts.push(/** @type {Text} */ (walker.currentNode));
  const byNumber = new Map([...sources.values()].map((source) => [source.number, source]));
  for (const node of texts) {
    const bare = node.parentElement?.closest("code, pre, a, math");
    const pieces = node.data.split(/\uE000(\d+)\uE001/);
    /** @type {(string | HTMLElement)[]} */
    const parts = [];
    for (const [index, piece] of pieces.entries()) {
      const source = index % 2 ? byNumber.get(Number(piece)) : undefined;
      if (index % 2 === 0) parts.push(piece);
      else if (source && !bare) parts.push(markOf(source));
    }
    node.replaceWith(...parts.filter(Boolean));
  }
}

/** @param {Source} source */
function markOf(source) {
  const link = document.createElement("a");
  link.className = "cite";
  link.textContent = String(source.number);
  link.title = source.title;
  link.ariaLabel = gettext("Source %(number)s: %(title)s", { number: source.number, title: source.title });
  if (source.url) Object.assign(link, { href: source.url, rel: "noopener noreferrer nofollow", target: "_blank" });
  return link;
}

/**
 * @param {Annotation | null} note
 * @returns {string} what two mentions of one source have in common, "" for what is no source
 */
function keyOf(note) {
  if (note?.type === "url_citation") return /^https?:\/\//i.test(String(note.url ?? "")) ? String(note.url) : "";
  if (note?.type === "file_citation" || note?.type === "container_file_citation" || note?.type === "file_path")
    return String(note.file_id ?? note.filename ?? "");
  return "";
}

/**
 * @param {Annotation} note
 * @param {string} made
 */
function described(note, made) {
  if (note.type === "url_citation") return { title: String(note.title || note.url), url: String(note.url), where: "" };
  const title = String(note.filename || note.file_id);
  if (note.type !== "container_file_citation") return { title, url: "", where: "" };
  return { title, url: `${made}${encodeURIComponent(String(note.file_id))}/`, where: gettext("made by the code") };
}

/**
 * Where the mark of a citation stands, and what it takes the place of.
 * @param {Annotation} note
 * @param {string} text
 * @param {Map<string, Source>} sources
 */
function placeOf(note, text, sources) {
  const mark = `${OPEN}${sources.get(keyOf(note))?.number}${CLOSE}`;
  const [from, to] =
    note.type === "file_citation" || note.type === "file_path"
      ? [note.index, note.index]
      : [note.start_index, note.end_index];
  const end = offsetOf(text, to);
  const start = offsetOf(text, from);
  // A file that no word mentions comes with 0, 0
  if (start === undefined || end === undefined || end < start || end === 0) return undefined;
  if (LINK.test(text.slice(start, end))) return { start: text[start - 1] === " " ? start - 1 : start, end, mark };
  let at = end;
  // The address inside of a link: the mark stands behind the link
  if (text[start - 1] === "(" && text[at] === ")") at += 1;
  const bare = /(?:https?:\/\/|www\.)\S*$/.test(text.slice(Math.max(0, at - 200), at));
  return { start: at, end: at, mark: bare ? ` ${mark}` : mark };
}

/**
 * The service counts characters; strings here count units, of which an emoji has two.
 * @param {string} text
 * @param {unknown} index
 */
function offsetOf(text, index) {
  if (!Number.isInteger(index) || /** @type {number} */ (index) < 0) return undefined;
  const wanted = /** @type {number} */ (index);
  if (!/[\uD800-\uDBFF]/.test(text)) return Math.min(wanted, text.length);
  let offset = 0;
  for (let count = 0; count < wanted && offset < text.length; count++)
    offset += /** @type {number} */ (text.codePointAt(offset)) > 0xffff ? 2 : 1;
  return offset;
}

/** @param {unknown} value @returns {any[]} */
const listOf = (value) => (Array.isArray(value) ? value.filter((inner) => inner !== null) : []);
