import { companyWords } from "../lib/company.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/** `<company-line>`: who else is here, or who is writing, in a few words. No live region: it changes all the time. */
class CompanyLine extends AppElement {
  /** @type {import("../types").Presence} */ presence = { count: 0, people: [], writing: [] };

  /**
   * Takes what frames of the socket say of who is here.
   * @param {import("../types").Frame[]} frames
   * @param {import("../types").Person} me
   * @returns {boolean} whether they say anything
   */
  hear(frames, me) {
    const newest = frames.findLast((frame) => frame.type === "presence");
    if (newest?.type !== "presence") return false;
    this.presence = newest;
    const words = companyWords(newest, me.id);
    this.hidden = words.text === "";
    ref(this, "words").textContent = words.text;
    this.toggleAttribute("writing", words.writing);
    return true;
  }
}

customElements.define("company-line", CompanyLine);
export { CompanyLine };
