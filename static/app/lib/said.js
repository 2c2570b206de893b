// The short words above the composer, and calls that say there why they failed.
import { CallFailed } from "./api.js";
import { gettext } from "./gettext.js";

let timer = 0;

/**
 * Makes a call, and says it in a sentence when it fails.
 * @template T
 * @param {() => Promise<T>} call
 */
export async function tried(call) {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    say(error.unreachable ? gettext("No connection. Try again when you are online.") : error.message);
    return undefined;
  }
}

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
