import { gettext, ngettext } from "../lib/gettext.js";
import { ref } from "../lib/templates.js";
import { AppElement } from "./app-element.js";

/**
 * `<tool-switches>` around a button and the menu of tools that it opens. What is on is on for everybody here.
 *
 * Event: `chat:tool` ({ kind, key, on }).
 */
export class ToolSwitches extends AppElement {
  connectedCallback() {
    this.on(this, "change", (event) => {
      const box = /** @type {HTMLInputElement} */ (event.target);
      this.emit("chat:tool", { kind: box.dataset.kind, key: box.dataset.key, on: box.checked });
    });
  }

  /** @param {import("../types").Offered | undefined} offered what is switched on in the conversation */
  set offered(offered) {
    let count = 0;
    for (const box of this.querySelectorAll("input")) {
      const on = offered?.[/** @type {keyof import("../types").Offered} */ (box.dataset.kind)];
      box.checked = Boolean(on?.some((/** @type {string | number} */ key) => String(key) === box.dataset.key));
      count += Number(box.checked);
    }
    ref(this, "count").textContent = count ? String(count) : "";
    ref(this, "button").ariaLabel = count
      ? ngettext("Tools, %(count)s on", "Tools, %(count)s on", count)
      : gettext("Tools");
  }

  /** @param {string[]} takes kinds of tools that the chosen model takes */
  set takes(takes) {
    ref(this, "takes").hidden = takes.length > 0;
    for (const box of this.querySelectorAll("[data-kind=hosted], [data-kind=stores]")) {
      const label = /** @type {HTMLElement} */ (box.closest("label"));
      const { kind, key = "" } = /** @type {HTMLElement} */ (box).dataset;
      label.hidden = !takes.includes(kind === "stores" ? "file_search" : key);
    }
  }
}

customElements.define("tool-switches", ToolSwitches);
