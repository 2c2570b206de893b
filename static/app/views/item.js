// One output item on the page. Each view has an element and takes the item again whenever it changed.
import { LineView } from "./line.js";
import { PictureView } from "./picture.js";
import { ReasoningView } from "./reasoning.js";
import { WordsView } from "./words.js";

/** @typedef {import("../types").Item} Item */
/**
 * @typedef {object} Around
 * @property {boolean} running
 * @property {number | null} thought ms until the first word, when known
 * @property {Map<string, import("../lib/citations.js").Source>} sources what the answer cites
 * @property {string} form what the answer was asked for as: a schema's name, `json_object`, or "" for words
 * @property {import("../types").Fit | null} fit whether it is that
 * @property {boolean} cut it ended before its end
 */
/** @typedef {{ element: HTMLElement, update: (item: Item, around: Around) => void }} ItemView */

/**
 * @param {Item} item
 * @returns {ItemView}
 */
export function itemView(item) {
  if (item.type === "message") return new WordsView();
  if (item.type === "reasoning") return new ReasoningView();
  if (item.type === "image_generation_call") return new PictureView();
  return new LineView();
}
