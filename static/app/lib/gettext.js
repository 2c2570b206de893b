// The words that scripts write into the page, in its language: English where there is no other word for them.
// `scripts/translations.py` finds what is marked with these functions, and makes a script of each catalogue. The page
// names that of its language before all others, so it has been read when they begin.

/** @typedef {Record<string, string | number>} Values what stands in the places: "%(name)s" */

/** @type {Record<string, string | string[]>} */
let catalogue = {};
let formOf = (/** @type {number} */ count) => Number(count !== 1);

/**
 * Called by the script of a catalogue.
 * @param {Record<string, string | string[]>} words what is said for each English text; a list of its forms by number
 * @param {(count: number) => number} form which of the forms a count takes
 */
export function learn(words, form) {
  catalogue = words;
  formOf = form;
}

/** The language of the page. */
export const language = () => globalThis.document?.documentElement.lang || "en";

/**
 * @param {string} text
 * @param {Values} [values]
 */
export function gettext(text, values) {
  return filled(String(catalogue[text] ?? text), values);
}

/**
 * The same where one English text has two meanings.
 * @param {string} context
 * @param {string} text
 * @param {Values} [values]
 */
export function pgettext(context, text, values) {
  return filled(String(catalogue[`${context}\u0004${text}`] ?? text), values);
}

/**
 * @param {string} one
 * @param {string} many with "%(count)s" where the number stands
 * @param {number} count
 * @param {Values} [values]
 */
export function ngettext(one, many, count, values) {
  const said = catalogue[one]?.[formOf(count)] ?? (count === 1 ? one : many);
  return filled(said, { count: count.toLocaleString(language()), ...values });
}

/**
 * @param {string} text
 * @param {Values} [values]
 */
const filled = (text, values) =>
  values ? text.replaceAll(/%\((\w+)\)s/g, (place, name) => String(values[name] ?? place)) : text;
