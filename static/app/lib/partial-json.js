// JSON that has not come to its end yet: what can be told of it so far.

/**
 * @param {string} text the beginning of a JSON text, or all of it
 * @returns {{ value: unknown, complete: boolean } | undefined} undefined where it is no JSON, or nothing can be told yet
 */
export function parsePartial(text) {
  try {
    return { value: JSON.parse(text), complete: true };
  } catch {
    const closed = close(text);
    if (closed === undefined) return undefined;
    try {
      return { value: JSON.parse(closed), complete: false };
    } catch {
      return undefined;
    }
  }
}

/**
 * The text with everything closed that is open, without the piece at its end that says nothing yet.
 * @param {string} text
 * @returns {string | undefined}
 */
function close(text) {
  /** @type {string[]} */ const open = [];
  let quoted = false;
  let end = 0; // up to here the text is whole, once what is open is closed
  /** @type {string[]} */ let openAtEnd = [];
  let key = false; // the string that is open, or was just closed, is a name
  const whole = (/** @type {number} */ at) => {
    end = at;
    openAtEnd = [...open];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') {
        quoted = false;
        if (!key) whole(at + 1);
      }
      continue;
    }
    switch (character) {
      case '"':
        quoted = true;
        key = open.at(-1) === "}" && isNameNext(text, at);
        break;
      case "{":
      case "[":
        open.push(character === "{" ? "}" : "]");
        whole(at + 1);
        break;
      case "}":
      case "]":
        if (open.pop() !== character) return undefined;
        whole(at + 1);
        break;
      case ",":
        whole(at); // what stands before it is whole, a number too
        break;
    }
  }
  if (end === 0) return undefined;
  const cut = quoted && !key ? openString(text) : undefined;
  const kept = cut ?? text.slice(0, end);
  const left = cut === undefined ? openAtEnd : open;
  return kept + left.toReversed().join("");
}

/**
 * Whether the string that begins at `at` inside an object is a name: after `{` or `,`.
 * @param {string} text
 * @param {number} at
 */
function isNameNext(text, at) {
  let before = at - 1;
  while (before >= 0 && /\s/.test(text[before] ?? "")) before--;
  return text[before] === "{" || text[before] === ",";
}

/** A text that ends inside a string value: closed, without half an escape. @param {string} text */
function openString(text) {
  const half = /\\(u[\da-fA-F]{0,3})?$/.exec(text);
  // An even number of backslashes is a whole escape
  const odd = half && (/\\+(?=(u[\da-fA-F]{0,3})?$)/.exec(text)?.[0].length ?? 0) % 2 === 1;
  return `${odd ? text.slice(0, half.index) : text}"`;
}
