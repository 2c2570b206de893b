// Calls of functions, custom tools and MCP servers, what they gave back, and who allowed them.
import { gettext, ngettext } from "../gettext.js";
import { code, entries, isOver, json, list, note, object, outputs, text } from "./parts.js";
import { toolEntry } from "./searches.js";

/** @param {any} item */
const nameOf = (item) => [text(item.namespace), text(item.name)].filter(Boolean).join(".");
/** @param {any} item */
const byProgram = (item) => (object(item.caller).type === "program" ? gettext("from a program") : "");
/** @param {any} item `asks`: how a person decided about the call */
const called = (item) => {
  if (item.asks === "pending") return gettext("Asks to call");
  if (item.asks && item.asks !== "approved") return gettext("Wanted to call");
  return isOver(item) ? gettext("Called") : gettext("Calling");
};

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const CALLS = {
  function_call: (item) => ({
    text: called(item),
    subject: nameOf(item),
    after: byProgram(item),
    blocks: [json(gettext("Arguments"), item.arguments)],
  }),
  function_call_output: (item) => ({
    text: gettext("Result of"),
    subject: nameOf(item) || gettext("the call"),
    blocks: outputs(gettext("Output"), item.output),
  }),
  custom_tool_call: (item) => ({
    text: called(item),
    subject: nameOf(item),
    after: byProgram(item),
    blocks: [code(gettext("Input"), item.input)],
  }),
  custom_tool_call_output: (item) => ({
    text: gettext("Result of"),
    subject: nameOf(item) || gettext("the tool"),
    blocks: outputs(gettext("Output"), item.output),
  }),
  mcp_list_tools(item) {
    const tools = list(item.tools);
    return {
      text: isOver(item) ? gettext("Listed the tools of") : gettext("Listing the tools of"),
      subject: text(item.server_label),
      end: item.error ? "" : ngettext("%(count)s tool", "%(count)s tools", tools.length),
      failed: Boolean(item.error),
      blocks: [problem(item.error), entries(gettext("Tools"), tools.map(toolEntry))],
    };
  },
  mcp_call: (item) => ({
    text: called(item),
    subject: text(item.name),
    after: item.server_label ? gettext("on %(server)s", { server: text(item.server_label) }) : "",
    failed: Boolean(item.error),
    blocks: [
      problem(item.error),
      json(gettext("Arguments"), item.arguments),
      ...outputs(gettext("Output"), item.output),
      item.error && typeof item.error === "object" ? json(gettext("Error as received"), item.error) : undefined,
    ],
  }),
  mcp_approval_request: (item) => ({
    text: gettext("Asks to call"),
    subject: text(item.name),
    after: item.server_label ? gettext("on %(server)s", { server: text(item.server_label) }) : "",
    blocks: [json(gettext("Arguments"), item.arguments)],
  }),
  mcp_approval_response: (item) => ({
    text: item.approve ? gettext("Approved the call") : gettext("Declined the call"),
    blocks: [code(gettext("Reason"), item.reason)],
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
  const code = text(error.code);
  if (error.type === "mcp_tool_execution_error")
    return note(sentence(gettext("The tool itself failed."), said), "danger");
  if (error.type === "mcp_protocol_error")
    return note(sentence(gettext("The server answered with the protocol error %(code)s.", { code }), said), "danger");
  if (error.type === "http_error")
    return note(sentence(gettext("The server answered with HTTP %(code)s.", { code }), said), "danger");
  return note(said || gettext("The call failed."), "danger");
}

/**
 * @param {string} what
 * @param {string} said by the server; its number alone adds nothing
 */
const sentence = (what, said) => (/^\d*:?\s*$/.test(said) ? what : `${what} ${said}`);
