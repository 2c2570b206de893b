// What a model did on a screen, in words, and what it saw.
import { counted, isOver, list, note, object, pictures, steps, text } from "./parts.js";

/** Pages of the computer itself, by what pictures of them are called. @type {Record<string, string>} */
const OWN = { Start: "its first page", Practice: "its page to practise on", Blank: "an empty page" };

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const COMPUTER = {
  computer_call(item) {
    const actions = list(item.actions ?? (item.action ? [item.action] : [])).map(object);
    const checks = list(item.pending_safety_checks).map(object);
    const first = actions[0];
    return {
      text: isOver(item) ? "On the computer:" : "On the computer, now:",
      subject: first ? actionWords(first) : "",
      after: actions.length > 1 ? `and ${actions.length - 1} more` : "",
      end: checks.length ? counted(checks.length, "safety check", "safety checks") : "",
      blocks: [...checks.map(checkNote), actions.length > 1 ? steps("Actions", actions.map(actionWords)) : undefined],
    };
  },
  computer_call_output(item) {
    const output = object(item.output);
    const checks = list(item.acknowledged_safety_checks).map(object);
    const place = text(object(output.image_url).name);
    return {
      text: place ? "The computer shows" : "Screenshot after the action",
      subject: OWN[place] ?? place,
      end: checks.length ? "acknowledged" : "",
      blocks: [
        ...checks.map((check) => note(`Acknowledged: ${text(check.message) || text(check.code)}`)),
        ...pictures("Screenshot", [
          { url: output.image_url, alt: place ? `The computer’s screen: ${place}` : "Screenshot" },
        ]),
        output.file_id && !output.image_url ? note(`The screenshot is the file ${text(output.file_id)}.`) : undefined,
      ],
    };
  },
};

/** @param {any} check */
const checkNote = (check) =>
  note(`Safety check: ${text(check.message) || text(check.code) || "a person has to look at this."}`, "warn");

/** @param {any} action */
function actionWords(action) {
  const at = typeof action.x === "number" ? ` at ${action.x}, ${text(action.y)}` : "";
  const holding = list(action.keys).map(text).join("+");
  const held = holding && action.type !== "keypress" ? ` with ${holding} held` : "";
  switch (action.type) {
    case "click": {
      const button = action.button && action.button !== "left" ? `${text(action.button)}-` : "";
      return `${button}click${at}${held}`;
    }
    case "double_click":
      return `double-click${at}${held}`;
    case "drag": {
      const path = list(action.path).map((point) => `${text(point.x)}, ${text(point.y)}`);
      return `drag from ${path[0] ?? "?"} to ${path.at(-1) ?? "?"}${held}`;
    }
    case "keypress":
      return `press ${holding || "keys"}`;
    case "move":
      return `move the pointer to ${text(action.x)}, ${text(action.y)}`;
    case "screenshot":
      return "take a screenshot";
    case "scroll":
      return `scroll ${scrolled(action)}${at}${held}`;
    case "type":
      return `type “${text(action.text)}”`;
    case "wait":
      return "wait";
    default:
      return text(action.type) || "act";
  }
}

/** @param {any} action */
function scrolled({ scroll_x: x, scroll_y: y }) {
  const down = typeof y === "number" && y ? `${Math.abs(y)} ${y > 0 ? "down" : "up"}` : "";
  const right = typeof x === "number" && x ? `${Math.abs(x)} ${x > 0 ? "right" : "left"}` : "";
  return [down, right].filter(Boolean).join(" and ") || "a little";
}
