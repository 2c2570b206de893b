// The margin of a message or an answer: what people say of it, and how they react.
import { clock } from "../lib/format.js";
import { ngettext } from "../lib/gettext.js";
import { sends } from "../lib/keys.js";
import { textOf } from "../lib/item-text.js";
import { clone, ref } from "../lib/templates.js";
import { showAvatar } from "./faces.js";

/** @typedef {import("../types").Note} Note */
/** @typedef {import("../types").Reaction} Reaction */
/**
 * @typedef {object} Margins
 * @property {import("../lib/marks.js").Marks} marks
 * @property {number} me
 * @property {boolean} owns the viewer may take away what others said
 * @property {boolean} notes the viewer may comment and react
 */

export class MarginView {
  #drawn = "";
  /** @type {HTMLFormElement | undefined} */ #form;

  /** @param {HTMLElement} turn what has the margin: an article, and an aside beside it */
  constructor(turn) {
    this.turn = turn;
    this.element = ref(turn, "margin");
  }

  /**
   * @param {string} key of what this is the margin of
   * @param {Margins} around
   */
  update(key, { marks, me, owns, notes }) {
    this.turn.dataset.mark = key;
    ref(this.turn, "more").hidden = false;
    const comments = marks.comments(key);
    const reactions = marks.reactions(key);
    const drawn = JSON.stringify([comments.map(({ id }) => id), reactions, owns, notes]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const within = this.element.contains(document.activeElement);
    const focused = document.activeElement?.getAttribute("data-emoji");
    const mine = (/** @type {Note} */ { author }) => owns || author?.id === me;
    ref(this.element, "comments").replaceChildren(...comments.map((comment) => drawComment(comment, mine(comment))));
    ref(this.element, "reactions").replaceChildren(...reactions.map((reaction) => drawReaction(reaction, notes)));
    this.#show();
    if (!within || this.element.contains(document.activeElement)) return;
    const again = focused && this.element.querySelector(`[data-emoji="${CSS.escape(focused)}"]`);
    /** @type {HTMLElement} */ (again || ref(this.turn, "more")).focus();
  }

  #show() {
    const [comments, reactions] = [ref(this.element, "comments"), ref(this.element, "reactions")];
    comments.hidden = comments.childElementCount === 0;
    reactions.hidden = reactions.childElementCount === 0;
    this.element.hidden = comments.hidden && reactions.hidden && !this.#form;
  }

  /**
   * Opens the field for a comment.
   * @param {string} output the provider's id of the picture that it is about, "" for the whole
   */
  compose(output = "") {
    if (!this.#form) {
      this.#form = /** @type {HTMLFormElement} */ (clone("comment-template"));
      this.#form.addEventListener("keydown", (event) => this.#pressed(event));
      this.element.append(this.#form);
    }
    this.#form.dataset.output = output;
    ref(this.#form, "of-picture").hidden = output === "";
    this.#show();
    this.#form.querySelector("textarea")?.focus();
  }

  /** Closes the field; the focus goes back to where it was opened. */
  leave() {
    this.#form?.remove();
    this.#form = undefined;
    this.#show();
    ref(this.turn, "more").focus();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") this.leave();
    if (!sends(event)) return;
    event.preventDefault();
    this.#form?.requestSubmit();
  }
}

/**
 * @param {Note} comment
 * @param {boolean} removable
 */
function drawComment(comment, removable) {
  const element = clone("margin-note-template");
  showAvatar(ref(element, "avatar"), comment.author);
  ref(element, "name").textContent = comment.author?.name ?? "";
  ref(element, "of-picture").hidden = !comment.about?.output;
  ref(element, "words").textContent = textOf(comment.payload);
  ref(element, "when").textContent = clock(comment.created_at);
  const remove = ref(element, "remove");
  remove.hidden = !removable;
  remove.dataset.note = String(comment.id);
  return element;
}

/**
 * @param {Reaction} reaction
 * @param {boolean} enabled
 */
function drawReaction({ emoji, count, names, mine }, enabled) {
  const button = /** @type {HTMLButtonElement} */ (clone("reaction-template"));
  const others = count - names.length;
  const known = names.join(", ");
  const who =
    others > 0 ? ngettext("%(known)s and %(count)s more", "%(known)s and %(count)s more", others, { known }) : known;
  ref(button, "emoji").textContent = emoji;
  ref(button, "count").textContent = String(count);
  button.dataset.emoji = emoji;
  button.dataset.who = who;
  button.ariaPressed = String(mine);
  button.ariaLabel = `${emoji} ${count}: ${who}`;
  button.ariaDisabled = enabled ? null : "true";
  return button;
}

/**
 * The name of what an element stands in the margin of, or on.
 * @param {Element} element
 */
export const keyAt = (element) => element.closest("[data-mark]")?.getAttribute("data-mark") ?? "";

/**
 * What a press on a reaction asks for.
 * @param {HTMLElement} button
 */
export const reactionOf = (button) => ({
  key: keyAt(button),
  emoji: button.dataset.emoji,
  on: button.ariaPressed !== "true",
});

/**
 * What a form asks to be said. It is one comment however often it is sent, until it is taken.
 * @param {HTMLFormElement} form
 */
export function commentOf(form) {
  form.dataset.clientId ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  return { key: keyAt(form), output: form.dataset.output, client_id: form.dataset.clientId };
}
