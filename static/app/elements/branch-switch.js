import { gettext } from "../lib/gettext.js";
import { clone, ref } from "../lib/templates.js";

/**
 * `<branch-switch>`: "2 of 3" between two arrows, where a message has several wordings or several answers.
 * The arrows are links to the branches (`?branch=`), so they work without a script and in a new tab.
 */
export class BranchSwitch extends HTMLElement {
  /**
   * @param {string} label
   * @param {number} id of the turn that is shown
   * @param {import("../types").BranchRef[]} refs all there are, the shown one included
   */
  show(label, id, refs) {
    const at = refs.findIndex((ref) => ref.id === id);
    this.hidden = refs.length < 2 || at < 0;
    if (this.hidden) return;
    if (!this.firstElementChild) this.append(clone("branch-template"));
    const group = /** @type {HTMLElement} */ (this.firstElementChild);
    group.ariaLabel = label;
    ref(group, "place").textContent = gettext("%(place)s of %(count)s", { place: at + 1, count: refs.length });
    this.#link("previous", refs[at - 1]);
    this.#link("next", refs[at + 1]);
  }

  /**
   * @param {string} name
   * @param {import("../types").BranchRef | undefined} to
   */
  #link(name, to) {
    const link = /** @type {HTMLAnchorElement} */ (ref(this, name));
    if (to) link.href = `?branch=${to.branch}`;
    else link.removeAttribute("href");
    link.ariaDisabled = to ? null : "true";
    link.dataset.branch = to ? String(to.branch) : "";
  }
}

customElements.define("branch-switch", BranchSwitch);
