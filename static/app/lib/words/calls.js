// Calls of functions, custom tools and MCP servers, what they gave back, and who allowed them.
import { code, counted, entries, isOver, json, list, note, object, outputs, text } from "./parts.js";
import { toolEntry } from "./searches.js";

/** @param {any} item */
const nameOf = (item) => [text(item.namespace), text(item.name)].filter(Boolean).join(".");
/** @param {any} item */
const byProgram = (item) => (object(item.caller).type === "program" ? "from a program" : "");
/** @param {any} item `asks`: how a person decided about the call */
const called = (item) => {
  if (item.asks === "pending") return "Asks to call";
  if (item.asks && item.asks !== "approved") return "Wanted to call";
  return isOver(item) ? "Called" : "Calling";
};

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const CALLS = {
  function_call: (item) => ({
    text: called(item),
    subject: nameOf(item),
    after: byProgram(item),
    blocks: [json("Arguments", item.arguments)],
  }),
  function_call_output: (item) => ({
    text: "Result of",
    subject: nameOf(item) || "the call",
    blocks: outputs("Output", item.output),
  }),
  custom_tool_call: (item) => ({
    text: called(item),
    subject: nameOf(item),
    after: byProgram(item),
    blocks: [code("Input", item.input)],
  }),
  custom_tool_call_output: (item) => ({
    text: "Result of",
    subject: nameOf(item) || "the tool",
    blocks: outputs("Output", item.output),
  }),
  mcp_list_tools(item) {
    const tools = list(item.tools);
    return {
      text: isOver(item) ? "Listed the tools of" : "Listing the tools of",
      subject: text(item.server_label),
      end: item.error ? "" : counted(tools.length, "tool", "tools"),
      failed: Boolean(item.error),
      blocks: [problem(item.error), entries("Tools", tools.map(toolEntry))],
    };
  },
  mcp_call: (item) => ({
    text: called(item),
    subject: text(item.name),
    after: item.server_label ? `on ${text(item.server_label)}` : "",
    failed: Boolean(item.error),
    blocks: [
      problem(item.error),
      json("Arguments", item.arguments),
      ...outputs("Output", item.output),
      item.error && typeof item.error === "object" ? json("Error as received", item.error) : undefined,
    ],
  }),
  mcp_approval_request: (item) => ({
    text: "Asks to call",
    subject: text(item.name),
    after: item.server_label ? `on ${text(item.server_label)}` : "",
    blocks: [json("Arguments", item.arguments)],
  }),
  mcp_approval_response: (item) => ({
    text: item.approve ? "Approved the call" : "Declined the call",
    blocks: [code("Reason", item.reason)],
  }),
};

/**
 * The error of an MCP call in a sentence: of the protocol, of the tool, or of the connection; older ones are a text.
 * @param {any} error
 */
function problem(error) {
  if (!error) return undefined;
  if (typeof error === "string") return note(error, "danger");
  const content = list(error.content)
    .map((part) => text(part.text))
    .join("\n");
  const said = text(error.message) || content;
  const number = error.code == null ? "" : ` ${text(error.code)}`;
  if (error.type === "mcp_tool_execution_error") return note(sentence("The tool itself failed.", said), "danger");
  if (error.type === "mcp_protocol_error")
    return note(sentence(`The server answered with the protocol error${number}.`, said), "danger");
  if (error.type === "http_error") return note(sentence(`The server answered with HTTP${number}.`, said), "danger");
  return note(said || "The call failed.", "danger");
}

/**
 * @param {string} what
 * @param {string} said by the server; its number alone adds nothing
 */
const sentence = (what, said) => (/^\d*:?\s*$/.test(said) ? what : `${what} ${said}`);
