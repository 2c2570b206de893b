// The version tree of a work: each picture that was made, with the one that it was made from. It knows no DOM.
import { gettext } from "./gettext.js";
import { isRunning } from "./turns.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../types").Item} Item */
/** @typedef {import("../types").Picture} Picture */
/**
 * @typedef {object} Version
 * @property {string} id of its file
 * @property {number} number of its conversation, whether those before it are shown or not
 * @property {string | null} parent the id of another version
 * @property {Turn} turn
 * @property {Item} item
 * @property {Picture} picture as it is shown: locked to its original, where that was asked for
 * @property {import("../types").PixelLock | undefined} lock
 * @property {string} name
 * @property {number[]} likedBy
 * @property {boolean} gone whether a rule has taken its bytes
 */

/** @param {Turn} turn @returns {Item[]} its pictures, also those that are not done */
export const callsOf = (turn) => turn.output.flatMap((item) => (item?.type === "image_generation_call" ? [item] : []));

/**
 * @param {Iterable<Turn>} turns
 * @param {Map<number, number | null>} links the turn before each, also of turns without pictures
 * @returns {Version[]} in the order in which they were made
 */
export function versionsOf(turns, links) {
  /** @type {Version[]} */ const versions = [];
  const sorted = [...turns].sort((one, other) => one.id - other.id);
  // What is still streaming has none: it is counted on
  const numbers = sorted.flatMap(({ pictures }) => Object.values(pictures ?? {}).map(({ number }) => number ?? 0));
  let newest = Math.max(0, ...numbers);
  /** The last picture of each turn. @type {Map<number, string>} */ const last = new Map();
  /** @type {Set<string>} */ const known = new Set();
  for (const turn of sorted) {
    for (const item of callsOf(turn)) {
      const picture = item.image;
      if (!picture?.id || !picture.width) continue;
      const said = turn.pictures?.[picture.id] ?? { name: "", number: null, liked_by: [], gone: false };
      const parent = parentOf(turn, links, last, known);
      const number = said.number ?? ++newest;
      const lock =
        turn.pixel_lock && (turn.pixel_lock.made?.id ?? picture.id) === picture.id ? turn.pixel_lock : undefined;
      versions.push({
        id: picture.id,
        number,
        parent,
        turn,
        item,
        picture: lock?.locked ?? picture,
        lock,
        name: said.name,
        likedBy: said.liked_by,
        gone: said.gone,
      });
      known.add(picture.id);
    }
    const made = versions.at(-1);
    if (made?.turn === turn) last.set(turn.id, made.id);
  }
  return versions.sort((one, other) => one.number - other.number);
}

/**
 * The version that a turn works on: the one that it was told, or the last one on its chain.
 * @param {Turn} turn
 * @param {Map<number, number | null>} links
 * @param {Map<number, string>} last
 * @param {Set<string>} known
 */
function parentOf(turn, links, last, known) {
  const told = turn.making?.parent;
  if (told) return known.has(told) ? told : null;
  for (let id = turn.previous, steps = 0; id !== null && steps < 2000; id = links.get(id) ?? null, steps++) {
    const found = last.get(id);
    if (found) return found;
  }
  return null;
}

/**
 * The version that a picture still to come belongs under.
 * @param {Turn} turn
 * @param {Version[]} versions
 * @param {Map<number, number | null>} links
 */
export function placeOf(turn, versions, links) {
  const earlier = versions.filter((version) => version.turn.id < turn.id);
  return parentOf(
    turn,
    links,
    new Map(earlier.map(({ turn: { id }, id: file }) => [id, file])),
    new Set(earlier.map(({ id }) => id)),
  );
}

/**
 * @param {Turn} turn
 * @returns {string} what was asked for
 */
export function promptOf(turn) {
  const message = turn.input.find(({ role }) => role === "user");
  const parts = message?.payload.content ?? [];
  return parts.map((part) => (part?.type === "input_text" ? part.text : "")).join("");
}

/**
 * The pictures that were given along with the prompt.
 * @param {Turn} turn
 * @returns {Picture[]}
 */
export function referencesOf(turn) {
  const parts = turn.input.flatMap(({ payload }) => (Array.isArray(payload.content) ? payload.content : []));
  return parts.flatMap((part) => {
    const held = part?.type === "input_image" ? part.image_url : undefined;
    return typeof held === "object" && held !== null ? [/** @type {Picture} */ (held)] : [];
  });
}

/** @param {Version} version */
export const titleOf = ({ name, turn, item }) =>
  name || promptOf(turn) || String(item.revised_prompt ?? gettext("Picture"));

/**
 * Why a turn that has ended brought no picture, in a sentence; "" where it brought one.
 * @param {Turn} turn
 */
export function whyNone(turn) {
  if (isRunning(turn)) return "";
  const calls = callsOf(turn);
  if (calls.some(({ image }) => image?.width)) return "";
  if (turn.error) return turn.error.message;
  if (turn.status === "cancelled") return gettext("Stopped. What had formed is kept.");
  if (calls.some(({ image }) => image)) return gettext("What came is no picture that can be shown. Try again.");
  if (turn.incomplete === "content_filter")
    return gettext("The provider’s filter held the picture back. Word the prompt differently.");
  if (turn.incomplete === "interrupted") return gettext("Interrupted while it formed. Try again.");
  if (turn.status === "incomplete") return gettext("The provider ended before the picture was done. Try again.");
  const failure = calls
    .map(({ error }) => /** @type {any} */ (error)?.message)
    .find((text) => typeof text === "string");
  return failure || saidBy(turn) || gettext("The model answered without a picture. Say it differently, or try again.");
}

/** @param {Turn} turn */
function saidBy(turn) {
  const parts = turn.output.flatMap((item) => (item?.type === "message" ? (item.content ?? []) : []));
  const words = parts
    .map((part) => part?.text ?? part?.refusal ?? "")
    .join(" ")
    .trim();
  return words && gettext("No picture came. The model says: %(words)s", { words: words.slice(0, 400) });
}

/**
 * About what pictures cost, in US dollars.
 * @param {import("../types").Maker} maker
 * @param {{ quality: string, size: string, results: number, partials?: number }} asked
 * @returns {{ low: number, high: number } | null} null where no price is known
 */
export function estimate(maker, { quality, size, results, partials = 0 }) {
  const priced = Object.entries(maker.prices).flatMap(([key, price]) => {
    const [pricedQuality = "", pricedSize = ""] = key.split(" ");
    return quality === "auto" || quality === pricedQuality ? [{ size: pricedSize, price }] : [];
  });
  const listed = priced.filter((known) => known.size === size);
  // Where the model chooses, it chooses among the sizes that it offers by themselves
  const own = priced.filter((known) => maker.options.size?.includes(known.size) ?? true);
  const fitting = listed.length ? listed : size === "auto" ? (own.length ? own : priced) : nearest(priced, size);
  const prices = fitting.map(({ price }) => results * (price + partials * maker.partial_price));
  return prices.length ? { low: Math.min(...prices), high: Math.max(...prices) } : null;
}

/**
 * What is priced for the sizes next to one that is not: the next smaller and the next larger one, by their areas.
 * @param {{ size: string, price: number }[]} priced
 * @param {string} size
 */
function nearest(priced, size) {
  const areas = priced.map(({ size: known }) => areaOf(known));
  const area = areaOf(size);
  if (!area || !areas.some((known) => known >= area)) return []; // dearer than all that is known
  const smaller = Math.max(...areas.filter((known) => known && known <= area));
  const larger = Math.min(...areas.filter((known) => known >= area));
  return priced.filter((_, index) => areas[index] === smaller || areas[index] === larger);
}

/** @param {string} size */
function areaOf(size) {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  return Number(width ?? 0) * Number(height ?? 0);
}

/**
 * What a turn has cost: its words by their tokens, its pictures by their size and quality.
 * @param {Turn} turn
 * @param {import("../types").Maker[]} makers
 * @returns {number | null}
 */
export function costOf(turn, makers) {
  const maker = makers.find(({ name }) => name === (turn.making?.maker ?? turn.model));
  const prices = callsOf(turn)
    .filter(({ image }) => image)
    .map(({ quality, size }) => maker?.prices[`${quality} ${size}`]);
  if (!prices.length || prices.some((price) => price === undefined)) return null;
  return (
    prices.reduce((sum, price) => /** @type {number} */ (sum) + /** @type {number} */ (price), turn.cost ?? 0) ?? null
  );
}
