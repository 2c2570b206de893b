// What an output or input item that is not a message says in one line, and what it shows when it is opened.
import { readable } from "./format.js";

/** @typedef {import("../types").Item} Item */
/**
 * @typedef {object} Words
 * @property {string} text
 * @property {string} [subject] what it was about, set in bold after the text
 * @property {string} [after]
 * @property {{ title: string, text: string }[]} parts empty ones are left out
 */

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : value == null ? "" : readable(value));
/** @param {unknown} value */
const list = (value) => (Array.isArray(value) ? value : []);
/** @param {Item} item */
const isOver = (item) =>
  !["in_progress", "calling", "searching", "interpreting", "generating"].includes(item.status ?? "");

/** @param {string} title @param {unknown} value */
const part = (title, value) => ({ title, text: text(value) });
/** @param {string} title @param {unknown} value */
const json = (title, value) => ({ title, text: value == null || value === "" ? "" : readable(value) });

/** @type {Record<string, (item: any) => Omit<Words, "parts"> & { parts?: Words["parts"] }>} */
const WORDS = {
  function_call: (item) => ({
    text: isOver(item) ? "Called" : "Calling",
    subject: text(item.name),
    parts: [json("Arguments", item.arguments)],
  }),
  custom_tool_call: (item) => ({
    text: isOver(item) ? "Called" : "Calling",
    subject: text(item.name),
    parts: [part("Input", item.input)],
  }),
  mcp_call: (item) => ({
    text: isOver(item) ? "Called" : "Calling",
    subject: text(item.name),
    after: `on ${text(item.server_label)}`,
    parts: [json("Arguments", item.arguments), json("Output", item.output), json("Error", item.error)],
  }),
  mcp_list_tools: (item) => ({
    text: "Listed the tools of",
    subject: text(item.server_label),
    parts: [
      part(
        "Tools",
        list(item.tools)
          .map((tool) => text(tool?.name))
          .join("\n"),
      ),
      json("Error", item.error),
    ],
  }),
  mcp_approval_request: (item) => ({
    text: "Asks to call",
    subject: text(item.name),
    after: `on ${text(item.server_label)}`,
    parts: [json("Arguments", item.arguments)],
  }),
  mcp_approval_response: (item) => ({
    text: item.approve ? "Approved the call" : "Declined the call",
    parts: [part("Reason", item.reason)],
  }),
  web_search_call: (item) => webSearch(item),
  file_search_call: (item) => ({
    text: isOver(item) ? "Searched files for" : "Searching files for",
    subject: list(item.queries).map(text).join(", "),
    parts: [
      part(
        "Found",
        list(item.results)
          .map((result) => text(result?.filename))
          .join("\n"),
      ),
    ],
  }),
  code_interpreter_call: (item) => ({
    text: isOver(item) ? "Ran code" : "Running code",
    parts: [
      part("Code", item.code),
      part(
        "Output",
        list(item.outputs)
          .map((output) => text(output?.logs))
          .join("\n"),
      ),
    ],
  }),
  computer_call: (item) => ({
    text: "Used the computer:",
    subject: list(item.actions ?? [item.action])
      .map((action) => text(action?.type))
      .join(", "),
    parts: [json("Actions", item.actions ?? item.action)],
  }),
  shell_call: (item) => ({
    text: isOver(item) ? "Ran" : "Running",
    subject: text(list(item.action?.commands)[0]),
    parts: [part("Commands", list(item.action?.commands).map(text).join("\n")), json("Output", item.output)],
  }),
  local_shell_call: (item) => ({
    text: isOver(item) ? "Ran" : "Running",
    subject: list(item.action?.command).map(text).join(" "),
    parts: [json("Action", item.action)],
  }),
  apply_patch_call: (item) => ({
    text: isOver(item) ? "Changed" : "Changing",
    subject: text(item.operation?.path),
    parts: [part("Change", item.operation?.diff)],
  }),
  compaction: () => ({ text: "Shortened what came before" }),
};

/**
 * @param {Item} item
 * @returns {Words} an item of a kind that is not known says its type and shows itself as received
 */
export function wordsOf(item) {
  const type = text(item.type) || "item";
  const words = Object.hasOwn(WORDS, type) ? WORDS[type]?.(item) : outputOf(type, item);
  const { parts = [], ...line } = words ?? {
    text: "",
    subject: type,
    after: "shown as received",
    parts: [json("Item", item)],
  };
  return { ...line, parts: parts.filter((shown) => shown.text !== "") };
}

/**
 * What a program gave back for a call: `function_call_output` and its sisters.
 * @param {string} type
 * @param {any} item
 */
function outputOf(type, item) {
  if (!type.endsWith("_call_output")) return undefined;
  return {
    text: "Result of",
    subject: type.slice(0, -"_call_output".length).replaceAll("_", " "),
    parts: [json("Output", item.output)],
  };
}

/** @param {any} item */
function webSearch(item) {
  const { type, query, queries, url, pattern } = item.action ?? {};
  const sources = part(
    "Sources",
    list(item.action?.sources)
      .map((source) => text(source?.url))
      .join("\n"),
  );
  if (type === "open_page") return { text: "Opened", subject: text(url), parts: [sources] };
  if (type === "find" || type === "find_in_page")
    return { text: "Looked in the page for", subject: text(pattern), parts: [sources] };
  const asked = text(query) || list(queries).map(text).join(", ");
  const verb = isOver(item) ? "Searched the web" : "Searching the web";
  return { text: asked ? `${verb} for` : verb, subject: asked, parts: [sources] };
}
