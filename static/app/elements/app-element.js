/** What the elements of the page share: listeners that end with the element, and events that tell their parents. */
export class AppElement extends HTMLElement {
  #life = new AbortController();

  disconnectedCallback() {
    this.#life.abort();
    this.#life = new AbortController();
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} listener
   * @param {AddEventListenerOptions} [options]
   */
  on(target, type, listener, options) {
    target.addEventListener(type, listener, { ...options, signal: this.#life.signal });
  }

  /**
   * @param {string} name `noun:verb`
   * @param {unknown} [detail]
   */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}
