// What the words about an item are made of: small readers of whatever came over the wire, and the blocks that a line
// opens to. Nothing here fails on a missing field or on one of another type.
import { readable } from "../format.js";
import { gettext } from "../gettext.js";

/** @typedef {{ kind: "code", title: string, text: string, language: string }} CodeBlock */
/** @typedef {{ title: string, url?: string, text?: string, after?: string }} Entry */
/** @typedef {{ kind: "list", title: string, entries: Entry[] }} ListBlock */
/** @typedef {{ kind: "steps", title: string, steps: string[] }} StepsBlock */
/** @typedef {{ kind: "pictures", title: string, pictures: { url: string, alt: string }[] }} PicturesBlock */
/** @typedef {{ kind: "note", tone: "" | "warn" | "danger", text: string }} NoteBlock */
/** @typedef {CodeBlock | ListBlock | StepsBlock | PicturesBlock | NoteBlock} Block */
/**
 * @typedef {object} Line
 * @property {string} text
 * @property {string} [subject] what it was about, set in bold after the text
 * @property {string} [after]
 * @property {string} [end] a fact at the right edge: how many were found, the exit code
 * @property {boolean} [failed] where its status does not say so
 * @property {(Block | undefined)[]} [blocks] what it opens to; empty ones are left out
 */

/** @param {unknown} value */
export const text = (value) => (typeof value === "string" ? value : value == null ? "" : readable(value));

/**
 * @param {unknown} value
 * @returns {any[]} the objects and texts of a list; what is null was announced and has not come
 */
export const list = (value) => (Array.isArray(value) ? value.filter((inner) => inner != null) : []);

/** @param {unknown} value @returns {any} */
export const object = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});

const AT_WORK = ["in_progress", "calling", "searching", "interpreting", "generating", "compacting"];

/** @param {import("../../types").Item} item */
export const isOver = (item) => !AT_WORK.includes(item.status ?? "");

/**
 * @param {string} title
 * @param {unknown} value
 * @param {string} [language]
 * @returns {Block | undefined}
 */
export function code(title, value, language = "") {
  return isEmpty(value) ? undefined : { kind: "code", title, text: text(value), language };
}

/**
 * JSON as people can read it; a text that is not JSON (yet) as it is.
 * @param {string} title
 * @param {unknown} value
 * @returns {Block | undefined}
 */
export function json(title, value) {
  return isEmpty(value) ? undefined : { kind: "code", title, text: readable(value), language: "json" };
}

/** @param {unknown} value */
const isEmpty = (value) => value == null || value === "";

/**
 * @param {string} title
 * @param {Entry[]} entries
 * @returns {Block | undefined}
 */
export const entries = (title, entries) => (entries.length ? { kind: "list", title, entries } : undefined);

/**
 * @param {string} title
 * @param {string[]} steps
 * @returns {Block | undefined}
 */
export const steps = (title, steps) => (steps.length ? { kind: "steps", title, steps } : undefined);

/**
 * @param {string} text
 * @param {NoteBlock["tone"]} [tone]
 * @returns {Block | undefined}
 */
export const note = (text, tone = "") => (text ? { kind: "note", tone, text } : undefined);

/**
 * Pictures that the team keeps, or that came as a small data URL. One at an address elsewhere is a link instead: the
 * page fetches nothing that a model chose.
 * @param {string} title
 * @param {{ url: unknown, alt: string }[]} pictures
 * @returns {(Block | undefined)[]}
 */
export function pictures(title, pictures) {
  const urls = pictures.map(({ url, alt }) => ({ url: addressOf(url), alt })).filter(({ url }) => url !== "");
  const own = urls.filter(({ url }) => !isOutside(url));
  const outside = urls.filter(({ url }) => isOutside(url));
  return [
    own.length ? { kind: "pictures", title, pictures: own } : undefined,
    entries(
      title,
      outside.map(({ url }) => ({ title: url, url })),
    ),
  ];
}

/** @param {unknown} url a picture by its reference, or as the API has it */
function addressOf(url) {
  const address = typeof url === "string" ? url : text(object(url).url);
  return /^(?:https?:\/\/|\/|data:image\/(?:png|jpeg|webp|gif);base64,)/i.test(address) ? address : "";
}

/** @param {string} url */
export const isOutside = (url) => /^https?:\/\//i.test(url);

/**
 * What a tool gave back: a text, or a list of the parts that a message may have.
 * @param {string} title
 * @param {unknown} output
 * @returns {(Block | undefined)[]}
 */
export function outputs(title, output) {
  if (!Array.isArray(output)) return [json(title, output)];
  const parts = list(output);
  const files = parts.filter((part) => part.type === "input_file");
  const known = new Set(["input_text", "output_text", "input_image", "input_file"]);
  const others = parts.filter((part) => !known.has(part.type));
  return [
    json(
      title,
      parts
        .filter((part) => part.type === "input_text" || part.type === "output_text")
        .map((part) => text(part.text))
        .join("\n"),
    ),
    ...pictures(
      gettext("Pictures"),
      parts
        .filter((part) => part.type === "input_image")
        .map((part) => ({ url: part.image_url, alt: gettext("Picture that the tool returned") })),
    ),
    entries(
      gettext("Files"),
      files.map((part) => ({ title: text(part.filename ?? part.file_id ?? part.file_url) || gettext("File") })),
    ),
    others.length ? json(title, others) : undefined,
  ];
}
