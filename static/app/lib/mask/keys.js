// The keys of the mask editor. They count while the focus is in it.

/** @type {Record<string, string>} */
const PLAIN = {
  b: "use-brush",
  e: "use-eraser",
  r: "use-rectangle",
  o: "use-ellipse",
  l: "use-lasso",
  f: "use-fill",
  h: "use-move",
  i: "invert",
  x: "swap",
  "[": "size-less",
  "]": "size-more",
  "{": "hardness-less",
  "}": "hardness-more",
  "+": "in",
  "=": "in",
  "-": "out",
  0: "fit",
  1: "full",
  ArrowLeft: "move-left",
  ArrowRight: "move-right",
  ArrowUp: "move-up",
  ArrowDown: "move-down",
};

/**
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean }} event
 * @returns {string | undefined} the action of a key, if it has one
 */
export function actionOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (altKey) return undefined;
  if (!ctrlKey && !metaKey) return PLAIN[letter];
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" ? "redo" : undefined;
}
