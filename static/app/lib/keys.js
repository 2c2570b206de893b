const COMPOSING = 229; // the code of a key that an input method has taken: some browsers clear isComposing too early

/**
 * Whether a key press sends: Enter alone, and not the Enter that ends a word of an input method.
 * @param {KeyboardEvent} event
 */
export function sends(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== COMPOSING;
}
