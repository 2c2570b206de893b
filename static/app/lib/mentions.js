// `@name` in what people write: found at the caret while it is typed, and marked in what was sent.

const BEFORE = "(?<![\\p{L}\\p{N}_@.+-])"; // not within an address
const BEHIND = "(?![\\p{L}\\p{N}])";
const TYPED = new RegExp(`${BEFORE}@([^\\s@][^@\\n]{0,40})?$`, "u");
// eslint-disable-next-line salon/marked-words -- elements, not words
const BARE = "code, pre, a, math, .mention";

/**
 * The mention that is being typed before the caret.
 * @param {string} text
 * @param {number} caret
 * @returns {{ start: number, query: string } | undefined}
 */
export function typedMention(text, caret) {
  const found = TYPED.exec(text.slice(Math.max(0, caret - 60), caret));
  return found ? { start: caret - found[0].length, query: found[1] ?? "" } : undefined;
}

/**
 * Puts a name in the place of what was typed of it.
 * @param {string} text
 * @param {number} start where the sign stands
 * @param {number} caret
 * @param {string} name
 */
export function withMention(text, start, caret, name) {
  const behind = text.slice(caret);
  const before = `${text.slice(0, start)}@${name}${/^\s/.test(behind) ? "" : " "}`;
  return { text: before + behind, caret: before.length };
}

/**
 * Marks the mentions in a painted text; once is as good as twice.
 * @param {Element} root
 * @param {string[]} names as they were written
 */
export function markMentions(root, names) {
  const any = [...names, "salon"].map(escaped).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${BEFORE}@(?:${any.join("|")})${BEHIND})`, "giu");
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */ const texts = [];
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    if (text.data.includes("@") && !text.parentElement?.closest(BARE)) texts.push(text);
  }
  for (const text of texts) {
    const pieces = text.data.split(pattern);
    if (pieces.length > 1) text.replaceWith(...pieces.map((piece, at) => (at % 2 ? marked(piece) : piece)));
  }
}

/** @param {string} words */
function marked(words) {
  const mention = document.createElement("span");
  mention.className = "mention";
  mention.textContent = words;
  return mention;
}

/** @param {string} name */
const escaped = (name) => name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
