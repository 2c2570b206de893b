/**
 * The text of a message item, as it was written.
 * @param {import("../types").Item} payload
 */
export function textOf(payload) {
  const content = /** @type {unknown} */ (payload.content);
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? content : [];
  return parts
    .map((part) => part?.text ?? part?.refusal ?? "")
    .filter(Boolean)
    .join("\n\n");
}
