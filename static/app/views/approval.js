// A call that waits for a person, or waited: the exact arguments, and the decision for whoever may take it.
import { clock } from "../lib/format.js";
import { gettext } from "../lib/gettext.js";
import { clone, icon, ref } from "../lib/templates.js";

/** @typedef {import("../types").Approval} Approval */
/** @typedef {import("../types").Me} Me */

const ICONS = { pending: "shield-alert", approved: "circle-check", declined: "circle-x", lapsed: "circle-alert" };
const STATES = {
  pending: gettext("waiting"),
  approved: gettext("approved"),
  declined: gettext("declined"),
  lapsed: gettext("lapsed"),
};
const CLASSES = { pending: "", approved: "done", declined: "declined", lapsed: "late" };

/**
 * Whether the viewer may approve: who asked, or another person who may decide for others.
 * @param {Approval} approval
 * @param {Me} me
 * @param {boolean} writes
 */
export function mayDecide(approval, me, writes) {
  if (approval.state !== "pending") return false;
  const asked = approval.asked_by.id === me.id;
  return approval.decides === "asker" ? asked && writes : !asked && Boolean(me.may_decide);
}

/** Event: `chat:decide` ({ id, decision, digest, note, failed }); `failed` lets the person try again. */
export class ApprovalView {
  element = clone("approval-template");
  /** @type {Approval | undefined} */ #approval;
  #drawn = "";

  constructor() {
    this.element.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("[data-decision]");
      if (button instanceof HTMLButtonElement && this.#approval) this.#decide(button.dataset.decision ?? "");
    });
  }

  /**
   * @param {Approval} approval
   * @param {Me} me
   * @param {boolean} writes
   */
  update(approval, me, writes) {
    this.#approval = approval;
    const mine = mayDecide(approval, me, writes);
    const state = JSON.stringify([approval.state, mine]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const pending = approval.state === "pending";
    const heading = headingOf(approval);
    this.element.className = `approval ${mine ? "wants-you" : CLASSES[approval.state]}`;
    this.element.ariaLabel = gettext("Approval, %(state)s: %(heading)s", {
      state: mine ? gettext("waiting for you") : STATES[approval.state],
      heading,
    });
    ref(this.element, "icon").replaceChildren(icon(ICONS[approval.state]));
    ref(this.element, "heading").textContent = heading;
    ref(this.element, "name").textContent = approval.name === COMPUTER ? "" : approval.name;
    ref(this.element, "server").hidden = approval.server === "";
    ref(ref(this.element, "server"), "label").textContent = approval.server;
    this.#arguments(pending ? approval : undefined);
    const note = /** @type {HTMLInputElement} */ (ref(this.element, "note"));
    note.hidden = !mine;
    // The API has no place for it beside a step on the computer
    if (approval.name === COMPUTER) note.placeholder = gettext("Note, for everybody");
    ref(this.element, "words").replaceChildren(...wordsOf(approval, me, mine));
    const withdraws = pending && !mine && approval.asked_by.id === me.id;
    ref(this.element, "approve").hidden = !mine;
    ref(this.element, "decline").hidden = !mine && !withdraws;
    this.#busy(false);
  }

  /** @param {Approval | undefined} approval nothing once it is decided: then the call's own line has them */
  #arguments(approval) {
    const place = ref(this.element, "arguments");
    if (!approval) return place.replaceChildren();
    if (approval.parts?.length === 0) {
      const none = Object.assign(document.createElement("p"), { className: "args none" });
      none.textContent = gettext("Without arguments");
      return place.replaceChildren(none);
    }
    const list = document.createElement(approval.parts ? "dl" : "pre");
    list.className = "args";
    list.tabIndex = 0;
    if (!approval.parts) list.textContent = approval.arguments;
    for (const [name, value] of approval.parts ?? []) {
      const term = document.createElement("dt");
      const given = document.createElement("dd");
      term.textContent = name;
      given.textContent = value;
      list.append(term, given);
    }
    place.replaceChildren(list);
  }

  /** @param {string} decision */
  #decide(decision) {
    const { id, digest } = /** @type {Approval} */ (this.#approval);
    const note = /** @type {HTMLInputElement} */ (ref(this.element, "note")).value;
    this.#busy(true);
    const detail = { id, decision, digest, note, failed: () => this.#busy(false) };
    this.element.dispatchEvent(new CustomEvent("chat:decide", { bubbles: true, detail }));
  }

  /** @param {boolean} busy */
  #busy(busy) {
    for (const name of ["approve", "decline"]) {
      /** @type {HTMLButtonElement} */ (ref(this.element, name)).disabled = busy;
    }
  }
}

/** The name of a step on the computer; no function has it. */
const COMPUTER = "computer.step";

/** @param {Approval} approval */
function headingOf({ state, name, decided_by: by }) {
  const onComputer = name === COMPUTER;
  if (state === "pending" && onComputer) return gettext("A person has to look before the next step on the computer");
  if (state === "pending") return gettext("The model asks to call %(name)s", { name });
  if (state === "lapsed") return gettext("Nobody answered in time");
  const person = by?.name ?? gettext("Somebody");
  if (onComputer && state === "approved") return gettext("%(person)s approved this step on the computer", { person });
  if (onComputer) return gettext("%(person)s declined this step on the computer", { person });
  return state === "approved"
    ? gettext("%(person)s approved this call", { person })
    : gettext("%(person)s declined this call", { person });
}

/**
 * @param {Approval} approval
 * @param {Me} me
 * @param {boolean} mine
 * @returns {(Node | string)[]}
 */
function wordsOf(approval, me, mine) {
  const time = clock(approval.expires_at);
  const asker = approval.asked_by;
  if (approval.state === "lapsed") return [gettext("Lapsed at %(time)s. Nothing was done.", { time })];
  if (approval.state !== "pending") {
    const said = approval.note ? `“${approval.note}”` : "";
    const declined = approval.name === COMPUTER ? gettext("it was not made") : gettext("the model was told");
    const end = approval.state === "approved" ? gettext("arguments unchanged") : declined;
    return [[approval.decided_at ? clock(approval.decided_at) : "", said, end].filter(Boolean).join(" · ")];
  }
  if (mine) {
    const who = asker.id === me.id ? gettext("You asked.") : gettext("%(person)s asked.", { person: asker.name });
    return [who, " ", strong(gettext("You decide")), gettext(", until %(time)s.", { time })];
  }
  const person = asker.name;
  const lapses = gettext("Lapses at %(time)s.", { time });
  if (approval.decides === "asker")
    return [strong(gettext("Waiting for %(person)s", { person })), gettext(", who asked."), " ", lapses];
  if (asker.id === me.id)
    return [
      strong(gettext("Waiting for another person")),
      gettext(": you asked, so somebody else decides."),
      " ",
      lapses,
    ];
  return [
    strong(gettext("Waiting for somebody who may decide")),
    ". ",
    gettext("%(person)s asked.", { person }),
    " ",
    lapses,
  ];
}

/** @param {string} text */
const strong = (text) => Object.assign(document.createElement("b"), { textContent: text });
