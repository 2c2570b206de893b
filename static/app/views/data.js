// An answer that is data: tables and trees that grow as they come, the JSON itself, and ways to take it along.
import { csvOf, isObject, isPlain, mainTable, tableOf, wordOf } from "../lib/data-table.js";
import { number } from "../lib/format.js";
import { gettext, ngettext } from "../lib/gettext.js";
import { parsePartial } from "../lib/partial-json.js";
import { clone, icon, ref } from "../lib/templates.js";

/** @typedef {import("../types").Fit | null} Fit */

/** Rows, entries or characters that are put on the page at once. */
const PAGE = 100;
const MOST_OPEN = 3; // levels of a tree that are open at first
const MOST_TEXT = 20_000;
/** Characters from which on a growing answer is only counted: reading it anew with each piece would take for ever. */
const MOST_GROWING = 200_000;
const MOST_SPAN = 1000; // columns that a cell may be as wide as
const OFTEN = 120; // ms between two looks at an answer that grows

export class DataView {
  element = clone("data-template");
  #text = "";
  #over = false;
  #shown = "";
  #painted = 0;
  #timer = 0;
  /** @type {Fit} */ #fit = null;
  /** @type {unknown} */ #value;
  #raw = false;

  constructor() {
    this.element.addEventListener("click", (event) => this.#clicked(/** @type {Element} */ (event.target)));
  }

  /**
   * @param {string} text
   * @param {{ over: boolean, form: string, fit: Fit, cut: boolean }} around `cut`: the answer ended before its end
   */
  update(text, { over, form, fit, cut }) {
    if (text === this.#text && over === this.#over && JSON.stringify(fit) === JSON.stringify(this.#fit)) return;
    this.#text = text;
    this.#over = over;
    this.#fit = fit;
    ref(this.element, "form").textContent = form === "json_object" ? "JSON" : form;
    if (over) return this.#paint(cut);
    const wait = OFTEN - (performance.now() - this.#painted);
    this.#timer ||= setTimeout(() => this.#paint(cut), Math.max(0, wait));
  }

  /** @param {boolean} cut */
  #paint(cut) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#painted = performance.now();
    const growing = !this.#over;
    const found = growing && this.#text.length > MOST_GROWING ? undefined : parsePartial(this.#text);
    if (found) this.#value = found.value;
    const broken = this.#over && !found?.complete;
    this.#tell(broken, cut);
    const table = mainTable(this.#value);
    ref(this.element, "as").textContent = table ? gettext("Table") : gettext("Tree");
    for (const name of ["copy-csv"]) ref(this.element, name).hidden = growing || !table;
    ref(this.element, "copy-json").hidden = growing;
    ref(this.element, "views").hidden = growing || this.#value === undefined;
    if (growing && !found && this.#text.length > MOST_GROWING) {
      const words = gettext("%(count)s characters so far", { count: number(this.#text.length) });
      return ref(this.element, "body").replaceChildren(paragraph(words));
    }
    this.#draw();
  }

  #draw() {
    const raw = this.#raw || this.#value === undefined;
    for (const button of this.element.querySelectorAll("[data-view]"))
      button.ariaPressed = String(/** @type {HTMLElement} */ (button).dataset.view === (raw ? "json" : "data"));
    const shown = `${raw} ${this.#over} ${this.#text.length}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const body = ref(this.element, "body");
    body.replaceChildren(raw ? rawOf(this.#over ? this.#value : undefined, this.#text) : nodeOf(this.#value, 0));
  }

  /**
   * @param {boolean} broken
   * @param {boolean} cut
   */
  #tell(broken, cut) {
    const element = ref(this.element, "fit");
    let words = "";
    if (this.#over && cut && broken) words = gettext("The answer ended before its end, so this is not all of it.");
    else if (this.#fit?.problem) words = this.#fit.problem;
    else if (broken) words = gettext("The answer is not JSON.");
    element.hidden = words === "";
    ref(element, "problem").textContent = words;
    const good = this.#over && this.#fit?.valid === true;
    ref(this.element, "valid").hidden = !good;
  }

  /** @param {Element} target */
  #clicked(target) {
    const view = target.closest("[data-view]");
    if (view instanceof HTMLElement) {
      this.#raw = view.dataset.view === "json";
      this.#draw();
    }
    const copies = target.closest("[data-copies]");
    if (!(copies instanceof HTMLElement)) return;
    const table = mainTable(this.#value);
    const text = copies.dataset.copies === "csv" && table ? csvOf(table) : this.#pretty();
    navigator.clipboard.writeText(text).then(() => {
      const said = copies.dataset.copies === "csv" ? gettext("Copied as CSV") : gettext("Copied as JSON");
      this.element.dispatchEvent(new CustomEvent("chat:said", { bubbles: true, detail: { text: said } }));
    });
  }

  #pretty() {
    const whole = this.#value !== undefined && parsePartial(this.#text)?.complete;
    return whole ? JSON.stringify(this.#value, null, 2) : this.#text;
  }
}

/**
 * @param {unknown} value
 * @param {number} depth
 * @returns {HTMLElement}
 */
function nodeOf(value, depth) {
  const table = tableOf(value);
  if (table) return tableElement(table, depth);
  if (Array.isArray(value))
    return entriesOf(
      value.map((entry, index) => [String(index + 1), entry]),
      depth,
    );
  if (isObject(value)) return entriesOf(Object.entries(value), depth);
  return leaf(value);
}

/**
 * @param {[string, unknown][]} entries
 * @param {number} depth
 */
function entriesOf(entries, depth) {
  if (entries.length === 0) return paragraph(gettext("Nothing in it"));
  const list = document.createElement("dl");
  list.className = "data-tree";
  growing(list, entries, ([name, value]) => {
    const term = Object.assign(document.createElement("dt"), { textContent: name });
    const description = document.createElement("dd");
    description.append(isPlain(value) ? leaf(value) : folded(value, depth + 1));
    const group = document.createElement("div");
    group.append(term, description);
    group.classList.toggle("wide", !isPlain(value));
    return group;
  });
  return list;
}

/**
 * What lies deep is drawn when it is opened.
 * @param {unknown} value
 * @param {number} depth
 */
function folded(value, depth) {
  if (depth < MOST_OPEN) return nodeOf(value, depth);
  const details = document.createElement("details");
  details.className = "data-more";
  const summary = document.createElement("summary");
  summary.append(icon("chevron-right", "i sm turnable"), sizeOf(value));
  details.append(summary);
  details.addEventListener("toggle", () => details.open && details.append(nodeOf(value, 0)), { once: true });
  return details;
}

/** @param {unknown} value */
function sizeOf(value) {
  if (Array.isArray(value)) return ngettext("%(count)s entry", "%(count)s entries", value.length);
  const names = Object.keys(/** @type {object} */ (value));
  return names.slice(0, 4).join(", ") + (names.length > 4 ? ", …" : "");
}

/**
 * @param {import("../lib/data-table.js").Table} table
 * @param {number} depth
 */
function tableElement({ columns, rows }, depth) {
  const frame = document.createElement("div");
  frame.className = "data-table";
  frame.tabIndex = 0;
  frame.role = "group";
  frame.ariaLabel = ngettext("Table of %(count)s row", "Table of %(count)s rows", rows.length);
  const table = document.createElement("table");
  const numeric = columns.map((name) => rows.slice(0, PAGE).every((row) => typeof (row[name] ?? 0) === "number"));
  const head = table.createTHead().insertRow();
  for (const [index, name] of columns.entries()) {
    const cell = Object.assign(document.createElement("th"), { textContent: name, scope: "col" });
    cell.classList.toggle("n", numeric[index] ?? false);
    head.append(cell);
  }
  growing(table.createTBody(), rows, (row) => {
    const line = document.createElement("tr");
    for (const [index, name] of columns.entries()) {
      const cell = line.insertCell();
      cell.append(isPlain(row[name]) ? leaf(row[name]) : folded(row[name], Math.max(depth + 2, MOST_OPEN)));
      cell.classList.toggle("n", numeric[index] ?? false);
    }
    return line;
  });
  frame.append(table);
  return frame;
}

/**
 * Puts the first of many on the page, and a button for the next.
 * @template T
 * @param {HTMLElement} container
 * @param {T[]} all
 * @param {(one: T) => HTMLElement} draw
 */
function growing(container, all, draw) {
  const more = (/** @type {number} */ from) => {
    container.append(...all.slice(from, from + PAGE).map(draw));
    const left = all.length - from - PAGE;
    if (left <= 0) return;
    const button = document.createElement("button");
    Object.assign(button, {
      type: "button",
      className: "btn quiet small",
      textContent: gettext("Show more of %(count)s", { count: number(left) }),
    });
    const place =
      container instanceof HTMLTableSectionElement ? document.createElement("tr") : document.createElement("div");
    const holder = place instanceof HTMLTableRowElement ? place.insertCell() : place;
    if (holder instanceof HTMLTableCellElement) holder.colSpan = MOST_SPAN;
    holder.append(button);
    button.addEventListener("click", () => {
      place.remove();
      more(from + PAGE);
    });
    container.append(place);
  };
  more(0);
}

/** @param {boolean} value */
const yesOrNo = (value) => (value ? gettext("yes") : gettext("no"));

/** @param {unknown} value */
function leaf(value) {
  const element = document.createElement("span");
  const word = wordOf(value);
  element.className = value === null ? "data-null" : "";
  element.textContent =
    value === null ? gettext("none") : typeof value === "boolean" ? yesOrNo(value) : shortened(word);
  return element;
}

/**
 * @param {unknown} value
 * @param {string} text
 */
function rawOf(value, text) {
  const figure = document.createElement("pre");
  figure.className = "data-raw";
  figure.tabIndex = 0;
  const whole = value === undefined || text.length > MOST_TEXT * 5 ? text : JSON.stringify(value, null, 2);
  figure.textContent = shortened(whole);
  return figure;
}

/** @param {string} text */
function shortened(text) {
  if (text.length <= MOST_TEXT) return text;
  const count = number(text.length - MOST_TEXT);
  return `${text.slice(0, MOST_TEXT)} … (${gettext("%(count)s more characters: copy it to see all", { count })})`;
}

/** @param {string} words */
function paragraph(words) {
  return Object.assign(document.createElement("p"), { className: "small muted", textContent: words });
}
