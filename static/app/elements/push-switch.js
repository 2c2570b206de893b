import { post } from "../lib/api.js";
import { AppElement } from "./app-element.js";

/** Lets this browser be told while no page is open, and ends that. Hidden where the browser cannot. */
export class PushSwitch extends AppElement {
  async connectedCallback() {
    if (!("serviceWorker" in navigator && "PushManager" in window)) return;
    this.hidden = false;
    this.on(this.#part("button"), "click", () => this.#switch());
    const registration = await navigator.serviceWorker.getRegistration("/");
    this.#show(Boolean(await registration?.pushManager.getSubscription()));
  }

  async #switch() {
    this.#part("problem").hidden = true;
    try {
      const registration = await navigator.serviceWorker.register(this.dataset.worker ?? "");
      const known = await registration.pushManager.getSubscription();
      if (known) {
        await post(this.dataset.remove ?? "", { endpoint: known.endpoint });
        await known.unsubscribe();
      } else {
        await navigator.serviceWorker.ready;
        const made = await registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: this.dataset.key,
        });
        await post(this.dataset.subscribe ?? "", /** @type {Record<string, unknown>} */ (made.toJSON()));
      }
      this.#show(!known);
    } catch {
      this.#part("problem").hidden = false;
    }
  }

  /** @param {boolean} on */
  #show(on) {
    for (const part of this.querySelectorAll("[data-ref=on]")) part.toggleAttribute("hidden", !on);
    for (const part of this.querySelectorAll("[data-ref=off]")) part.toggleAttribute("hidden", on);
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-ref=${name}]`));
  }
}
