// The only place that makes HTML from text. What a model or a person wrote is hostile until it has passed through here.
import DOMPurify from "dompurify";
import { Marked } from "marked";
import { highlighted, languageName, languageOf } from "./code.js";
import { fillFormula } from "./formulas.js";
import { gettext } from "./gettext.js";
import { icon } from "./templates.js";

const SAFE = {
  ALLOWED_TAGS: (
    "a abbr b blockquote br caption cite code dd del details div dl dt em h3 h4 h5 h6 hr i img input ins kbd li mark " +
    "ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var #text"
  ).split(" "),
  ALLOWED_ATTR: "align alt checked class colspan dir disabled href lang open rowspan src start title type".split(" "),
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
const OWN_CLASS = /^(?:math|math display|language-[\w+#.-]+)$/;
const OUTSIDE = /^(?:https?:\/\/|mailto:)/i;

DOMPurify.addHook("uponSanitizeAttribute", (_element, data) => {
  // A class of ours on hostile markup could dress it up as a part of the interface
  if (data.attrName === "class" && !OWN_CLASS.test(data.attrValue)) data.keepAttr = false;
});

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * A rule for TeX between signs: a placeholder, filled after sanitising.
 * @param {string} name
 * @param {"block" | "inline"} level
 * @param {RegExp} start
 * @param {RegExp[]} forms
 * @returns {import("marked").TokenizerAndRendererExtension}
 */
const tex = (name, level, start, forms) => ({
  name,
  level,
  start: (source) => start.exec(source)?.index,
  tokenizer(source) {
    const match = forms.map((form) => form.exec(source)).find(Boolean);
    return match ? { type: name, raw: match[0], text: (match[1] ?? "").trim() } : undefined;
  },
  renderer: ({ text }) =>
    level === "block" ? `<div class="math display">${escape(text)}</div>` : `<span class="math">${escape(text)}</span>`,
});

const marked = new Marked({
  gfm: true,
  renderer: {
    heading({ tokens, depth }) {
      // The page's own headings are above those of an answer
      const level = Math.min(depth + 2, 6);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
  },
  extensions: [
    tex("mathBlock", "block", /^(?:\$\$|\\\[)/m, [
      /^\$\$[ \t]*\n([\s\S]+?)\n[ \t]*\$\$[ \t]*(?:\n|$)/,
      /^\$\$([^\n$]+)\$\$[ \t]*(?:\n|$)/,
      /^\\\[([\s\S]+?)\\\][ \t]*(?:\n|$)/,
    ]),
    tex("mathInline", "inline", /\$|\\\(/, [
      /^\$\$([^\n$]+)\$\$/,
      /^\$(?![\s$])((?:\\.|[^\\\n$])+?)(?<!\s)\$(?!\d)/,
      /^\\\(([^\n]+?)\\\)/,
    ]),
  ],
});

/**
 * The blocks of a Markdown text, each with its source and a function that gives its (unsafe) HTML.
 * @param {string} text
 * @param {{ breaks: boolean }} options `breaks`: a line break stays one, as people expect of what they typed
 */
export function blocksOf(text, { breaks }) {
  const tokens = marked.lexer(text, { ...marked.defaults, breaks });
  const shown = tokens.filter((token) => token.type !== "space" && token.type !== "def");
  return shown.map((token) => ({ raw: token.raw, html: () => marked.parser([token]) }));
}

/**
 * Safe elements from unsafe HTML, in the dress of the page. Nothing in them can run, fetch or leave the page unasked.
 * @param {string} html
 * @param {{ finished: boolean }} options code that still grows is coloured elsewhere
 * @returns {DocumentFragment}
 */
export function safeFragment(html, { finished }) {
  const fragment = /** @type {DocumentFragment} */ (/** @type {unknown} */ (DOMPurify.sanitize(html, SAFE)));
  for (const image of fragment.querySelectorAll("img")) image.replaceWith(imageLink(image));
  for (const link of fragment.querySelectorAll("a")) guardLink(link);
  for (const input of fragment.querySelectorAll("input")) taskBox(input);
  for (const table of fragment.querySelectorAll("table")) scrollable(table);
  for (const code of fragment.querySelectorAll("pre > code")) codeFigure(/** @type {HTMLElement} */ (code), finished);
  for (const math of fragment.querySelectorAll(".math")) fillFormula(math);
  return fragment;
}

/**
 * A picture from elsewhere tells its server what is in its address, and so what was said here: it becomes a link.
 * @param {HTMLImageElement} image
 */
function imageLink(image) {
  const link = document.createElement("a");
  const source = image.getAttribute("src") ?? "";
  link.setAttribute("href", source);
  link.textContent = image.alt || source || gettext("Picture");
  return image.closest("a") ? document.createTextNode(link.textContent) : link;
}

/** @param {HTMLAnchorElement} link */
function guardLink(link) {
  if (!OUTSIDE.test(link.getAttribute("href") ?? "")) {
    // An address without a host would lead to a page of ours that the writer chose
    link.removeAttribute("href");
    return;
  }
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
}

/** @param {HTMLInputElement} input */
function taskBox(input) {
  if (input.type !== "checkbox") {
    input.remove();
    return;
  }
  input.disabled = true;
  input.ariaLabel = input.checked ? gettext("Done") : gettext("To do");
  input.closest("li")?.classList.add("task");
}

/** @param {HTMLTableElement} table */
function scrollable(table) {
  const region = document.createElement("div");
  region.className = "scroll-x";
  region.tabIndex = 0;
  region.role = "region";
  const heads = [...table.querySelectorAll("thead th")];
  const names = heads.map((head) => head.textContent?.trim()).join(", ");
  region.ariaLabel = gettext("Table: %(headings)s", { headings: names || gettext("without headings") });
  for (const head of heads) head.setAttribute("scope", "col");
  for (const cell of table.querySelectorAll("[align]")) {
    if (cell.getAttribute("align") === "right") cell.classList.add("n");
    cell.removeAttribute("align");
  }
  table.className = "table short";
  table.replaceWith(region);
  region.append(table);
}

/**
 * @param {HTMLElement} code
 * @param {boolean} finished
 */
function codeFigure(code, finished) {
  const language = languageOf(code.className);
  if (finished) code.replaceChildren(highlighted(code.textContent ?? "", language));
  const pre = /** @type {HTMLElement} */ (code.parentElement);
  const figure = document.createElement("figure");
  figure.className = "code";
  const header = document.createElement("header");
  const name = document.createElement("span");
  name.textContent = languageName(language);
  header.append(name, copyButton());
  pre.replaceWith(figure);
  pre.tabIndex = 0;
  figure.append(header, pre);
}

function copyButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet small";
  button.dataset.action = "copy-code";
  button.ariaLabel = gettext("Copy the code");
  const label = document.createElement("span");
  label.textContent = gettext("Copy");
  button.append(icon("copy", "i sm"), label);
  return button;
}
