// Pieces of pages that the server has drawn. Their markup is that of our own templates.

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentFragment>} throws where there is none
 */
export async function fetchFragment(url, signal) {
  const answer = await fetch(url, { signal, headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`The server answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = document.createDocumentFragment();
  found.append(...page.body.childNodes);
  return found;
}
