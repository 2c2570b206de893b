// TeX in a placeholder becomes a formula. KaTeX is large, so it is fetched when the first formula appears.

/** @type {typeof import("katex").default | undefined} */
let katex;
/** @type {Promise<void> | undefined} */
let loading;
/** @type {Map<string, HTMLElement>} */
const made = new Map();

/**
 * Replaces the TeX text of an element of the class `math` (and `display`) with the formula, now or when it can.
 * @param {Element} element
 */
export function fillFormula(element) {
  if (!katex) {
    loading ??= import("katex").then((module) => {
      katex = module.default;
      for (const waiting of document.querySelectorAll(".math:not(.made)")) fillFormula(waiting);
    });
    return;
  }
  const tex = element.textContent ?? "";
  const display = element.classList.contains("display");
  const key = `${display} ${tex}`;
  let formula = made.get(key);
  if (!formula) {
    formula = document.createElement("span");
    const limits = { trust: false, maxExpand: 500, maxSize: 20, strict: /** @type {const} */ ("ignore") };
    try {
      // It builds elements and sets their style through the object model; a string of HTML would break the page's policy
      katex.render(tex, formula, { displayMode: display, throwOnError: true, ...limits });
    } catch {
      formula.append(tex); // what is no formula, or none yet, is shown as it was written
    }
    if (made.size > 500) made.clear();
    made.set(key, formula);
  }
  element.classList.add("made");
  element.replaceChildren(...formula.cloneNode(true).childNodes);
}
