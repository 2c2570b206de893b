let timer = 0;

/**
 * A short word for eye and ear, gone after a while.
 * @param {string} text
 */
export function say(text) {
  const notice = /** @type {HTMLElement} */ (document.querySelector(".toast"));
  notice.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.textContent = ""), 6000);
}
