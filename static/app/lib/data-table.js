// What data is shown as: a list of objects is a table, everything else a tree. And what it is copied as.

/** @typedef {{ columns: string[], rows: Record<string, unknown>[] }} Table */

const MOST_COLUMNS = 40;
/** A spreadsheet takes a cell that begins so for a formula. */
const FORMULA = /^\s*[=+\-@\t\r\n＝＋－＠]/;

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} value */
export const isPlain = (value) => typeof value !== "object" || value === null;

/**
 * The table that a list of objects is, or undefined where it is none.
 * @param {unknown} value
 * @returns {Table | undefined}
 */
export function tableOf(value) {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return undefined;
  /** @type {Set<string>} */ const columns = new Set();
  for (const row of value) for (const name of Object.keys(row)) columns.add(name);
  return columns.size > 0 && columns.size <= MOST_COLUMNS ? { columns: [...columns], rows: value } : undefined;
}

/**
 * The table that a whole answer is about: itself, or the one list of objects in it.
 * @param {unknown} value
 * @returns {Table | undefined}
 */
export function mainTable(value) {
  const own = tableOf(value);
  if (own || !isObject(value)) return own;
  const tables = Object.values(value)
    .map(tableOf)
    .filter((table) => table !== undefined);
  return tables.length === 1 ? tables[0] : undefined;
}

/**
 * What a cell says.
 * @param {unknown} value
 */
export function wordOf(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * A table as CSV (RFC 4180). A text that a spreadsheet would run as a formula gets a quotation mark before it.
 * @param {Table} table
 */
export function csvOf({ columns, rows }) {
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((name) => cell(row[name])))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

/** @param {unknown} value */
function cell(value) {
  const word = wordOf(value);
  const safe = typeof value !== "number" && FORMULA.test(word) ? `'${word}` : word;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
