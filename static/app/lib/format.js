// Facts as people read them. Dates and numbers follow the language of the page.
import { gettext, language } from "./gettext.js";

/** Making a formatter costs more than using it a hundred times. @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

const locale = () => (language() === "en" ? "en-GB" : language());

/** @param {Intl.DateTimeFormatOptions} options */
function dates(options) {
  const key = locale() + JSON.stringify(options);
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  formatters.set(key, formatter);
  return formatter;
}

/** @param {number} count */
export const number = (count) => count.toLocaleString(language());

/** @param {number} amount @returns {string} "$0.0086": an estimate, so two figures that count are enough */
export const dollars = (amount) =>
  new Intl.NumberFormat(language(), {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: amount < 1 ? 4 : 2,
    maximumFractionDigits: amount < 1 ? 4 : 2,
  }).format(amount);

/**
 * @param {number} ms
 * @returns {string} "0.8 s", "11.4 s", "2 min 5 s"
 */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  return seconds < 60 ? `${decimal(seconds)} s` : minutes(seconds);
}

/**
 * What an answer read and wrote.
 * @param {number} read
 * @param {number} written
 */
export const tokens = (read, written) =>
  gettext("%(read)s in, %(written)s out", { read: number(read), written: number(written) });

/**
 * @param {string[]} names
 * @returns {string} "Alice, Bob and Charlie"
 */
export const enumerated = (names) => new Intl.ListFormat(locale(), { type: "conjunction" }).format(names);

/**
 * For what still goes on: whole seconds, so that only one figure moves.
 * @param {number} ms
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : minutes(seconds);
}

/** @param {number} seconds */
const minutes = (seconds) =>
  gettext("%(minutes)s min %(seconds)s s", { minutes: Math.floor(seconds / 60), seconds: Math.floor(seconds % 60) });

/**
 * How long an item took, where its times are known and it took long enough to say so.
 * @param {{ began_ms?: number, ended_ms?: number } | undefined} timing
 */
export function took(timing) {
  const { began_ms: began, ended_ms: ended } = timing ?? {};
  if (typeof began !== "number" || typeof ended !== "number" || ended - began < 50) return "";
  return duration(ended - began);
}

/** @param {string} iso */
export const clock = (iso) => dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(iso));

/**
 * @param {string} iso
 * @returns {string} "Thursday 19 November", with the year when it is not this one
 */
export function day(iso) {
  const date = new Date(iso);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return dates({ weekday: "long", day: "numeric", month: "long", year }).format(date);
}

/** @param {string} iso @returns {string} "19 Dec" */
export const date = (iso) => dates({ day: "numeric", month: "short" }).format(new Date(iso));

/**
 * @param {number} count
 * @returns {string} "812 B", "24 kB", "1.2 MB"
 */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 999_500 ? `${Math.round(count / 1000)} kB` : `${decimal(count / 1_000_000)} MB`;
}

/** @param {number} count with one figure after the point */
const decimal = (count) =>
  count.toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false });

/**
 * JSON as people can read it; what is not JSON stays as it is.
 * @param {unknown} value
 */
export function readable(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "";
  if (/^\s*\{/.test(value) && !/\}\s*$/.test(value.slice(-20))) return value; // it still comes: no need to try
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
