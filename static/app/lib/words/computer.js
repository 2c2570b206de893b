// What a model did on a screen, in words, and what it saw.
import { enumerated } from "../format.js";
import { gettext, ngettext } from "../gettext.js";
import { isOver, list, note, object, pictures, steps, text } from "./parts.js";

/** Pages of the computer itself, by what pictures of them are called. @type {Record<string, () => string>} */
const OWN = {
  Start: () => gettext("its first page"),
  Practice: () => gettext("its page to practise on"),
  Blank: () => gettext("an empty page"),
};

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const COMPUTER = {
  computer_call(item) {
    const actions = list(item.actions ?? (item.action ? [item.action] : [])).map(object);
    const checks = list(item.pending_safety_checks).map(object);
    const first = actions[0];
    return {
      text: isOver(item) ? gettext("On the computer:") : gettext("On the computer, now:"),
      subject: first ? actionWords(first) : "",
      after: actions.length > 1 ? ngettext("and %(count)s more", "and %(count)s more", actions.length - 1) : "",
      end: checks.length ? ngettext("%(count)s safety check", "%(count)s safety checks", checks.length) : "",
      blocks: [
        ...checks.map(checkNote),
        actions.length > 1 ? steps(gettext("Actions"), actions.map(actionWords)) : undefined,
      ],
    };
  },
  computer_call_output(item) {
    const output = object(item.output);
    const checks = list(item.acknowledged_safety_checks).map(object);
    const place = text(object(output.image_url).name);
    return {
      text: place ? gettext("The computer shows") : gettext("Screenshot after the action"),
      subject: OWN[place]?.() ?? place,
      end: checks.length ? gettext("acknowledged") : "",
      blocks: [
        ...checks.map((check) =>
          note(gettext("Acknowledged: %(check)s", { check: text(check.message) || text(check.code) })),
        ),
        ...pictures(gettext("Screenshot"), [
          {
            url: output.image_url,
            alt: place ? gettext("The computer’s screen: %(place)s", { place }) : gettext("Screenshot"),
          },
        ]),
        output.file_id && !output.image_url
          ? note(gettext("The screenshot is the file %(file)s.", { file: text(output.file_id) }))
          : undefined,
      ],
    };
  },
};

/** @param {any} check */
const checkNote = (check) =>
  note(
    gettext("Safety check: %(check)s", {
      check: text(check.message) || text(check.code) || gettext("a person has to look at this."),
    }),
    "warn",
  );

/** @param {any} action */
function actionWords(action) {
  const keys = list(action.keys).map(text).join("+");
  const place = { x: text(action.x), y: text(action.y) };
  const at = typeof action.x === "number" ? ` ${gettext("at %(x)s, %(y)s", place)}` : "";
  const held = keys && action.type !== "keypress" ? ` ${gettext("with %(keys)s held", { keys })}` : "";
  switch (action.type) {
    case "click": {
      const button = text(action.button);
      const click = button && button !== "left" ? gettext("%(button)s-click", { button }) : gettext("click");
      return `${click}${at}${held}`;
    }
    case "double_click":
      return `${gettext("double-click")}${at}${held}`;
    case "drag": {
      const path = list(action.path).map((point) => `${text(point.x)}, ${text(point.y)}`);
      const ends = { from: path[0] ?? "?", to: path.at(-1) ?? "?" };
      return `${gettext("drag from %(from)s to %(to)s", ends)}${held}`;
    }
    case "keypress":
      return keys ? gettext("press %(keys)s", { keys }) : gettext("press keys");
    case "move":
      return gettext("move the pointer to %(x)s, %(y)s", place);
    case "screenshot":
      return gettext("take a screenshot");
    case "scroll":
      return `${scrolled(action)}${at}${held}`;
    case "type":
      return gettext("type “%(text)s”", { text: text(action.text) });
    case "wait":
      return gettext("wait");
    default:
      return text(action.type) || gettext("act");
  }
}

/** @param {any} action */
function scrolled({ scroll_x: x, scroll_y: y }) {
  const ways = [];
  if (typeof y === "number" && y > 0) ways.push(gettext("%(pixels)s down", { pixels: y }));
  if (typeof y === "number" && y < 0) ways.push(gettext("%(pixels)s up", { pixels: -y }));
  if (typeof x === "number" && x > 0) ways.push(gettext("%(pixels)s right", { pixels: x }));
  if (typeof x === "number" && x < 0) ways.push(gettext("%(pixels)s left", { pixels: -x }));
  return ways.length ? gettext("scroll %(way)s", { way: enumerated(ways) }) : gettext("scroll a little");
}
