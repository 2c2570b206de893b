// What the address of the page says, so that Back, Forward and a reload find what was looked at.

/**
 * Let the address name the branch that is looked at, unless it is the main one, and the answer that is inspected.
 * @param {string} here the conversation's own address
 * @param {{ branch: number | null, inspected: number | null }} seen
 * @param {"pushState" | "replaceState"} how
 */
export function remember(here, { branch, inspected }, how) {
  const query = new URLSearchParams();
  if (branch !== null) query.set("branch", String(branch));
  if (inspected !== null) query.set("inspect", String(inspected));
  const url = query.size ? `${here}?${query}` : here;
  if (url === location.pathname + location.search) return;
  history[how](how === "pushState" ? { inspected } : history.state, "", url);
}

/**
 * The number that the address has under a name.
 * @param {"branch" | "inspect"} name
 */
export const remembered = (name) => Number(new URLSearchParams(location.search).get(name)) || null;

/** The panel was opened by a step forward, so closing it is the step back. */
export function backFromPanel() {
  const opened = Boolean(history.state?.inspected) && remembered("inspect") !== null;
  if (opened) history.back();
  return opened;
}
