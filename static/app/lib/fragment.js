// Pieces of pages that the server has drawn. Their markup is that of our own templates.
import { CallFailed, unexplained } from "./api.js";

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentFragment>} throws where there is none
 */
export async function fetchFragment(url, signal) {
  const answer = await fetch(url, { signal, headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new CallFailed(unexplained(answer.status), answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = document.createDocumentFragment();
  found.append(...page.body.childNodes);
  return found;
}
