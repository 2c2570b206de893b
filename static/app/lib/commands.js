// What the list of commands offers: what the page has, and conversations by their titles.

/** @typedef {{ label: string, run: () => void }} Command */

/**
 * What can be done on this page: what is marked with `data-command`, by its name there or by its own words. What
 * belongs to the page itself comes first.
 * @param {Document} root
 * @returns {Command[]}
 */
export function commandsOf(root) {
  /** @type {Map<string, Command>} */
  const found = new Map();
  const marked = [...root.querySelectorAll("#main [data-command]"), ...root.querySelectorAll("[data-command]")];
  for (const element of marked) {
    if (!(element instanceof HTMLElement) || element.closest("[hidden]")) continue;
    const label = (element.dataset.command || element.textContent || element.ariaLabel || "").trim();
    if (label && !found.has(label)) found.set(label, { label, run: () => element.click() });
  }
  return [...found.values()];
}

/**
 * Those whose names have all the words.
 * @template {{ label: string }} T
 * @param {T[]} commands
 * @param {string} query
 */
export function fitting(commands, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
}

/**
 * The conversations of a piece of the sidebar, each once.
 * @param {ParentNode} list
 * @param {number} most
 * @returns {Command[]}
 */
export function conversationsOf(list, most) {
  /** @type {Map<string, Command>} */
  const found = new Map();
  for (const link of list.querySelectorAll("a[data-conversation]")) {
    const href = link.getAttribute("href") ?? "";
    const label = link.querySelector("span")?.textContent?.trim() ?? "";
    if (found.size < most && !found.has(href)) found.set(href, { label, run: () => location.assign(href) });
  }
  return [...found.values()];
}
