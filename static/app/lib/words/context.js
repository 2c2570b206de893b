// Items that change what the model is told, and those that only an input has.
import { code, json, list, note, object, pictures, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const CONTEXT = {
  compaction: (item) => ({
    text: item.status === "compacting" ? "Shortening what came before" : "Shortened what came before",
    blocks: [note("The model goes on from a summary that only the provider can read.")],
  }),
  compaction_trigger: () => ({ text: "Asked to shorten what came before" }),
  configuration_update: (item) => ({
    text: "Changed the settings from here on",
    subject: [object(item.reasoning).effort && `effort ${text(item.reasoning.effort)}`, verbosity(item)]
      .filter(Boolean)
      .join(", "),
    blocks: [json("Reasoning", item.reasoning), json("Text", item.text)],
  }),
  item_reference: (item) => ({ text: "Refers to the item", subject: text(item.id) }),
  reasoning: (item) => ({
    text: "Thought",
    blocks: [
      code("Summary", list(item.summary).map(textOf).join("\n\n")),
      code("Reasoning", list(item.content).map(textOf).join("\n\n")),
    ],
  }),
  image_generation_call: (item) => ({
    text: "Picture",
    subject: text(item.revised_prompt),
    blocks: pictures("Picture", [{ url: item.image, alt: text(item.revised_prompt) || "Picture by the model" }]),
  }),
};

/** @param {any} part */
const textOf = (part) => text(part.text);

/** @param {any} item */
const verbosity = (item) => (object(item.text).verbosity ? `verbosity ${text(item.text.verbosity)}` : "");
