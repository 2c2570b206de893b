// Options between their form in the API (`{ reasoning: { effort } }`) and the fields that show them, by their paths.

/**
 * @param {Record<string, any>} options
 * @param {string} path such as `reasoning.effort`
 * @returns {unknown}
 */
export function optionOf(options, path) {
  const value = path.split(".").reduce((/** @type {any} */ held, name) => held?.[name], options);
  return path === "text.format" ? formOf(value) : value;
}

/**
 * What a field says of a format: the name of a schema, or what kind it is.
 * @param {any} format
 */
const formOf = (format) => (format?.type === "json_schema" ? format.name : format?.type);

/**
 * @typedef {object} Control
 * @property {string} value
 * @property {DOMStringMap | { kind?: string }} dataset
 */

/**
 * Shows a value in its field; what is not set leaves the field empty.
 * @param {Control} control
 * @param {unknown} value
 */
export function toField(control, value) {
  const shown =
    value === undefined || value === null ? "" : control.dataset.kind === "pairs" ? lines(value) : String(value);
  if (control.value !== shown) control.value = shown;
}

/**
 * What a field says; null where it is empty. What cannot be read is handed on as it is: the server says what is wrong.
 * @param {Control} control
 * @returns {unknown}
 */
export function fromField(control) {
  const text = control.value.trim();
  if (!text) return null;
  if (control.dataset.kind === "number") {
    const number = Number(text.replace(",", "."));
    return Number.isNaN(number) ? text : number;
  }
  if (control.dataset.kind === "flag") return text === "true";
  if (control.dataset.kind === "pairs") return pairs(text);
  return control.value;
}

/** @param {unknown} value */
function lines(value) {
  return Object.entries(/** @type {object} */ (value))
    .map(([name, text]) => `${name}: ${text}`)
    .join("\n");
}

/** @param {string} text */
function pairs(text) {
  const parts = text
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => /^([^:=]+)[:=](.*)$/.exec(line));
  if (parts.some((part) => part === null)) return text;
  return Object.fromEntries(parts.map((part) => [(part?.[1] ?? "").trim(), (part?.[2] ?? "").trim()]));
}
