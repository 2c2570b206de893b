// Keys that work everywhere on a page. What an input method or a field takes is never ours.

const STORED = "single-keys";
const COMPOSING = 229; // the code of a key that an input method has taken

/** Command on a Mac: Control is for editing there. */
export const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * Whether a key press is the one for the list of commands: Ctrl K, on a Mac Command K.
 * @param {KeyboardEvent} event
 */
export function asksForCommands(event) {
  const [asked, other] = onMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  return asked && !other && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k" && !isComposing(event);
}

/**
 * The single key that was pressed, "" where it belongs to somebody else: to a field, a dialog, an input method.
 * @param {KeyboardEvent} event
 */
export function singleKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isComposing(event)) return "";
  const target = event.target instanceof Element ? event.target : document.body;
  const taken = target.closest("input, textarea, select, [contenteditable], [role=slider], [role=listbox], canvas");
  if (taken || document.querySelector("dialog[open], :popover-open") || !singleKeysOn()) return "";
  return event.key;
}

/** @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === COMPOSING;

/** Single keys can be switched off: who speaks to the machine would press them by accident. */
export function singleKeysOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function switchSingleKeys(on) {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // Without a storage the choice lasts as long as the page
  }
}

/**
 * Moves the focus to the next message, or to the one before.
 * @param {1 | -1} step
 */
export function toMessage(step) {
  const articles = [...document.querySelectorAll("[role=log] article")];
  if (articles.length === 0) return;
  const at = articles.findIndex((article) => article.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : articles.length - 1) : Math.min(articles.length - 1, Math.max(0, at + step));
  const article = /** @type {HTMLElement} */ (articles[next]);
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "start" });
}
