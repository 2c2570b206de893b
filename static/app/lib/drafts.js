// What was typed and not sent, kept in this browser for each conversation.

/** @param {string} conversation */
const key = (conversation) => `draft:${conversation}`;

/** @param {string} conversation */
export function draftOf(conversation) {
  try {
    return localStorage.getItem(key(conversation)) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

/**
 * @param {string} conversation
 * @param {string} text
 */
export function keepDraft(conversation, text) {
  try {
    if (text) localStorage.setItem(key(conversation), text);
    else localStorage.removeItem(key(conversation));
  } catch {
    // Full or forbidden: the text is still in the box
  }
}
