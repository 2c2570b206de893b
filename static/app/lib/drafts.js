// What was written and did not reach the server, kept in this browser for each conversation.

/**
 * @param {"draft" | "unsent" | "attached"} kind
 * @param {string} conversation
 */
export function kept(kind, conversation) {
  try {
    return localStorage.getItem(`${kind}:${conversation}`) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

/**
 * @param {"draft" | "unsent" | "attached"} kind
 * @param {string} conversation
 * @param {string} text
 */
export function keep(kind, conversation, text) {
  try {
    if (text) localStorage.setItem(`${kind}:${conversation}`, text);
    else localStorage.removeItem(`${kind}:${conversation}`);
  } catch {
    // Full or forbidden: the text is still on the page
  }
}
