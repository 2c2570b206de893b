import { duration, elapsed } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { clone, ref } from "../lib/templates.js";
import { isRunning } from "../lib/turns.js";
import { callsOf, promptOf, whyNone } from "../lib/versions.js";
import { AppElement } from "./app-element.js";

/** @typedef {import("../types").Turn} Turn */
/** @typedef {import("../lib/studio-store.js").StudioStore} StudioStore */

const SHOWN = 8;

/**
 * `<studio-queue>`: what forms, what waits for it, what came of the newest presses, and why nothing did.
 *
 * Events: `studio:look` ({ id }), `studio:watch` ({ turn }), `studio:stop` ({ turn }), `studio:partial` ({ picture }).
 */
class StudioQueue extends AppElement {
  /** @type {Map<number, HTMLElement>} */ #tiles = new Map();
  /** @type {Set<number>} */ #dismissed = new Set();
  /** @type {StudioStore | undefined} */ #store;
  #ticks = 0;

  connectedCallback() {
    this.on(this, "click", (event) => this.#clicked(event));
    this.#ticks = setInterval(() => {
      for (const turn of this.#store?.running ?? []) this.#caption(turn);
    }, 1000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#ticks);
  }

  /**
   * @param {StudioStore} store
   * @param {{ version?: string, turn?: number }} looked at
   */
  update(store, looked) {
    this.#store = store;
    const turns = [...store.turns.values()].filter(({ id }) => !this.#dismissed.has(id)).sort((a, b) => b.id - a.id);
    const running = turns.filter(isRunning);
    const shown = [
      ...running,
      ...turns.filter((turn) => !isRunning(turn)).slice(0, Math.max(0, SHOWN - running.length)),
    ];
    shown.sort((one, other) => one.id - other.id);
    const list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    for (const [id, tile] of this.#tiles) {
      if (shown.some((turn) => turn.id === id)) continue;
      tile.remove();
      this.#tiles.delete(id);
    }
    for (const turn of shown) this.#paint(turn, list, looked);
  }

  /**
   * One turn that streams on.
   * @param {Turn} turn
   * @param {{ version?: string, turn?: number }} looked
   */
  updateTurn(turn, looked) {
    const list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    if (this.#tiles.has(turn.id)) this.#paint(turn, list, looked);
  }

  /**
   * @param {Turn} turn
   * @param {HTMLElement} list
   * @param {{ version?: string, turn?: number }} looked
   */
  #paint(turn, list, looked) {
    let tile = this.#tiles.get(turn.id);
    if (!tile) {
      tile = clone("tile-template");
      tile.dataset.turn = String(turn.id);
      this.#tiles.set(turn.id, tile);
      list.append(tile);
    }
    const running = isRunning(turn);
    const done = madeBy(turn);
    const partials = this.#store?.partials.get(turn.id) ?? [];
    const frame = ref(tile, "frame");
    frame.classList.toggle("forming", running);
    frame.ariaBusy = String(running);
    frame.ariaLabel = `${promptOf(turn).slice(0, 120) || gettext("Picture")}: ${stateOf(turn, partials.length)}`;
    tile.classList.toggle("at", Boolean(done && done === looked.version) || looked.turn === turn.id);
    tile.classList.toggle("bad", !running && !done);
    tile.classList.toggle("failed", !running && !done && turn.status !== "cancelled");
    const url = done ? `/files/${done}/preview/` : partials.at(-1)?.url;
    if (url) showIn(frame, url);
    const progress = /** @type {HTMLProgressElement} */ (ref(tile, "progress"));
    const asked = askedPartials(turn);
    progress.hidden = !running;
    progress.max = asked + 1;
    progress.ariaLabel = partials.length ? partialOf(partials.length, asked) : gettext("Forming");
    if (partials.length) progress.value = partials.length;
    else progress.removeAttribute("value");
    button(tile, "stop").hidden = !running || !this.#store?.conversation.may_write;
    button(tile, "partial").hidden = running || Boolean(done) || !partials.length;
    button(tile, "dismiss").hidden = running || Boolean(done);
    this.#caption(turn);
  }

  /** @param {Turn} turn */
  #caption(turn) {
    const tile = this.#tiles.get(turn.id);
    if (!tile) return;
    const partials = this.#store?.partials.get(turn.id)?.length ?? 0;
    const words = stateOf(turn, partials);
    const caption = ref(tile, "caption");
    if (caption.textContent !== words) caption.textContent = words;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target).closest("button");
    const tile = target?.closest("li");
    if (!target || !(tile instanceof HTMLElement)) return;
    const id = Number(tile.dataset.turn);
    const turn = this.#store?.turns.get(id);
    if (target.dataset.do === "stop") this.emit("studio:stop", { turn: id });
    else if (target.dataset.do === "partial")
      this.emit("studio:partial", { picture: this.#store?.partials.get(id)?.at(-1) });
    else if (target.dataset.do === "dismiss") {
      this.#dismissed.add(id);
      this.#tiles.delete(id);
      tile.remove();
    } else if (turn) {
      const done = madeBy(turn);
      this.emit(done ? "studio:look" : "studio:watch", done ? { id: done } : { turn: id });
    }
  }
}

/** @param {Turn} turn @returns {string | undefined} the id of the last picture that it made */
const madeBy = (turn) =>
  callsOf(turn)
    .map(({ image }) => (image?.width ? image.id : undefined))
    .findLast(Boolean);

/** @param {Turn} turn */
const askedPartials = (turn) => Number(turn.making?.partial_images ?? 2);

/**
 * @param {Turn} turn
 * @param {number} partials
 */
function stateOf(turn, partials) {
  const since = elapsed(Date.now() - Date.parse(turn.timing.queued_at));
  if (turn.status === "queued") return gettext("Waiting");
  if (isRunning(turn)) return `${partials ? partialOf(partials, askedPartials(turn)) : gettext("Forming")} · ${since}`;
  const why = whyNone(turn);
  if (why) return why;
  const done = gettext("Done");
  return turn.timing.done_ms === null ? done : `${done} · ${duration(turn.timing.done_ms)}`;
}

/**
 * @param {number} number
 * @param {number} count
 */
const partialOf = (number, count) => gettext("Partial %(number)s of %(count)s", { number, count });

/**
 * Swaps the picture once the new one is decoded, so that nothing flickers.
 * @param {HTMLElement} frame
 * @param {string} url
 */
async function showIn(frame, url) {
  if (frame.dataset.url === url) return;
  frame.dataset.url = url;
  const image = new Image();
  image.src = url;
  image.alt = "";
  try {
    await image.decode();
  } catch {
    return; // gone or broken: what is shown already stays
  }
  if (frame.dataset.url === url) frame.replaceChildren(image);
}

/**
 * @param {HTMLElement} tile
 * @param {string} name
 */
const button = (tile, name) => /** @type {HTMLButtonElement} */ (tile.querySelector(`[data-do=${name}]`));

customElements.define("studio-queue", StudioQueue);
export { StudioQueue };
