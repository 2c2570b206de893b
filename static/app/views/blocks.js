// What a line opens to: code, lists, pictures, notes. A long one shows its beginning and a button for the rest.
import { highlighted, languageName } from "../lib/code.js";
import { number } from "../lib/format.js";
import { isOutside } from "../lib/words/parts.js";
import { gettext } from "../lib/gettext.js";
import { clone, icon, ref } from "../lib/templates.js";

/** @typedef {import("../lib/words/parts.js").Block} Block */

/** Characters of a text and entries of a list that are shown at first. */
export const MOST = { characters: 10_000, entries: 50 };

/**
 * @param {Block[]} blocks
 * @param {Set<number>} whole the blocks, by their place, that somebody has asked to see all of
 * @returns {DocumentFragment}
 */
export function drawBlocks(blocks, whole) {
  const fragment = document.createDocumentFragment();
  for (const [index, block] of blocks.entries()) fragment.append(...draw(block, whole.has(index), index));
  return fragment;
}

/**
 * @param {Block} block
 * @param {boolean} all
 * @param {number} index
 * @returns {Element[]}
 */
function draw(block, all, index) {
  switch (block.kind) {
    case "code":
      return [drawCode(block, all, index)];
    case "list":
      return drawList(block, all, index);
    case "steps":
      return drawList({ ...block, kind: "list", entries: block.steps.map((title) => ({ title })) }, all, index);
    case "pictures":
      return block.pictures.map(drawPicture);
    case "note":
      return [drawNote(block)];
  }
}

/**
 * @param {import("../lib/words/parts.js").CodeBlock} block
 * @param {boolean} all
 * @param {number} index
 */
function drawCode({ title, text, language }, all, index) {
  const figure = clone("part-template");
  const name = ["", "json", "diff"].includes(language) ? "" : languageName(language);
  ref(figure, "title").textContent = [title, name].filter(Boolean).join(" · ");
  const shown = all ? text : text.slice(0, MOST.characters);
  const code = ref(figure, "text");
  code.replaceChildren(language === "diff" ? colouredDiff(shown) : highlighted(shown, language));
  if (shown.length < text.length)
    figure.append(moreButton(gettext("Show all %(count)s characters", { count: number(text.length) }), index));
  return figure;
}

/** @param {string} diff */
function colouredDiff(diff) {
  const fragment = document.createDocumentFragment();
  for (const line of diff.split(/(?<=\n)/)) {
    const span = document.createElement("span");
    span.className = /^\+(?!\+\+ )/.test(line)
      ? "added"
      : /^-(?!-- )/.test(line)
        ? "removed"
        : /^@@/.test(line)
          ? "place"
          : "";
    span.textContent = line;
    fragment.append(span.className ? span : line);
  }
  return fragment;
}

/**
 * @param {import("../lib/words/parts.js").ListBlock} block
 * @param {boolean} all
 * @param {number} index
 */
function drawList({ title, entries }, all, index) {
  const heading = document.createElement("p");
  heading.className = "eyebrow";
  heading.textContent = title;
  const list = document.createElement("ol");
  list.className = "found";
  list.ariaLabel = title;
  const shown = all ? entries : entries.slice(0, MOST.entries);
  list.append(...shown.map(drawEntry));
  const more =
    shown.length < entries.length
      ? [moreButton(gettext("Show all %(count)s", { count: number(entries.length) }), index)]
      : [];
  return [heading, list, ...more];
}

/** @param {import("../lib/words/parts.js").Entry} entry */
function drawEntry({ title, url = "", text = "", after = "" }) {
  const entry = document.createElement("li");
  const name = document.createElement(isOutside(url) ? "a" : "span");
  name.className = "name";
  name.textContent = title;
  if (name instanceof HTMLAnchorElement)
    Object.assign(name, { href: url, rel: "noopener noreferrer nofollow", target: "_blank" });
  entry.append(name);
  if (after) entry.append(Object.assign(document.createElement("span"), { textContent: after, className: "n" }));
  if (text) {
    const excerpt = document.createElement("p");
    excerpt.textContent = text.length > 600 ? `${text.slice(0, 600)}…` : text;
    entry.append(excerpt);
  }
  return entry;
}

/** @param {{ url: string, alt: string }} picture */
function drawPicture({ url, alt }) {
  const image = new Image();
  image.className = "shown-picture";
  image.alt = alt;
  image.loading = "lazy";
  image.src = url.startsWith("data:") ? blobOf(url) : url;
  return image;
}

/** The page's policy allows pictures of its own and those that it made. @type {Map<string, string>} */
const blobs = new Map();

/** @param {string} url a data URL of a raster picture */
function blobOf(url) {
  let address = blobs.get(url);
  if (address === undefined) {
    address = "";
    try {
      const [head = "", bytes = ""] = url.split(",", 2);
      const content = Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0));
      address = URL.createObjectURL(new Blob([content], { type: /^data:([^;]+)/.exec(head)?.[1] ?? "" }));
    } catch {
      // Not base64: a picture without bytes shows its words
    }
    blobs.set(url, address);
  }
  return address;
}

/** @param {import("../lib/words/parts.js").NoteBlock} note */
function drawNote({ tone, text }) {
  const element = document.createElement("p");
  element.className = tone ? `banner ${tone}` : "small";
  if (!tone) {
    element.textContent = text;
    return element;
  }
  const words = document.createElement("span");
  words.textContent = text;
  element.append(icon("triangle-alert"), words);
  return element;
}

/**
 * @param {string} label
 * @param {number} index
 */
function moreButton(label, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet small";
  button.dataset.whole = String(index);
  button.textContent = label;
  return button;
}
