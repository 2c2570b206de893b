// Items that change what the model is told, and those that only an input has.
import { gettext } from "../gettext.js";
import { code, json, list, note, object, pictures, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const CONTEXT = {
  compaction: (item) => ({
    text: item.status === "compacting" ? gettext("Shortening what came before") : gettext("Shortened what came before"),
    blocks: [note(gettext("The model goes on from a summary that only the provider can read."))],
  }),
  compaction_trigger: () => ({ text: gettext("Asked to shorten what came before") }),
  configuration_update: (item) => ({
    text: gettext("Changed the settings from here on"),
    subject: [effort(item), verbosity(item)].filter(Boolean).join(", "),
    blocks: [json(gettext("Reasoning"), item.reasoning), json(gettext("Text"), item.text)],
  }),
  item_reference: (item) => ({ text: gettext("Refers to the item"), subject: text(item.id) }),
  reasoning: (item) => ({
    text: gettext("Thought"),
    blocks: [
      code(gettext("Summary"), list(item.summary).map(textOf).join("\n\n")),
      code(gettext("Reasoning"), list(item.content).map(textOf).join("\n\n")),
    ],
  }),
  image_generation_call: (item) => ({
    text: gettext("Picture"),
    subject: text(item.revised_prompt),
    blocks: pictures(gettext("Picture"), [
      { url: item.image, alt: text(item.revised_prompt) || gettext("Picture by the model") },
    ]),
  }),
};

/** @param {any} part */
const textOf = (part) => text(part.text);

/** @param {any} item */
function effort(item) {
  const value = text(object(item.reasoning).effort);
  return value && gettext("effort %(value)s", { value });
}

/** @param {any} item */
function verbosity(item) {
  const value = text(object(item.text).verbosity);
  return value && gettext("verbosity %(value)s", { value });
}
