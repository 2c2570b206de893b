// Elements from the page's <template>s: the server draws each part once, for the first view and for what comes later.

/**
 * The first element of the template with that id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  // Imported, not only cloned: an element of ours wakes up in the page's document, not in the template's
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * The element in `root` that a template calls by that name (`data-ref`).
 * @param {Element} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function ref(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`[data-ref="${name}"]`));
}

/**
 * An icon of the template `icons`, by its lucide name.
 * @param {string} name
 * @param {string} [className]
 * @returns {SVGElement}
 */
export function icon(name, className = "i") {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("icons"));
  const svg = /** @type {SVGElement} */ (
    template.content.querySelector(`[data-icon="${name}"] > svg`)?.cloneNode(true)
  );
  svg.setAttribute("class", className);
  return svg;
}
