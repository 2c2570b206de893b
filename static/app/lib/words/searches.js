// Searches: in the web, in files, among tools.
import { code, counted, entries, isOver, json, list, object, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const SEARCHES = {
  web_search_call(item) {
    const { type, query, queries, url, pattern, sources } = object(item.action);
    const found = list(sources);
    const blocks = [
      entries(
        "Sources",
        found.map((source) => ({
          title: text(source.title || source.url || source.name || source.type),
          url: source.url,
        })),
      ),
    ];
    if (type === "open_page") return { text: isOver(item) ? "Opened" : "Opening", subject: text(url), blocks };
    if (type === "find" || type === "find_in_page") {
      const after = url ? `in ${text(url)}` : "";
      return { text: isOver(item) ? "Looked for" : "Looking for", subject: text(pattern), after, blocks };
    }
    const asked = [...new Set([text(query), ...list(queries).map(text)].filter(Boolean))];
    const verb = isOver(item) ? "Searched the web" : "Searching the web";
    if (asked.length > 1) blocks.unshift({ kind: "steps", title: "Queries", steps: asked });
    return {
      text: asked.length ? `${verb} for` : verb,
      subject: asked[0] ?? "",
      after: asked.length > 1 ? `and ${asked.length - 1} more` : "",
      end: found.length ? counted(found.length, "source", "sources") : "",
      blocks,
    };
  },
  file_search_call(item) {
    const queries = list(item.queries).map(text);
    const results = list(item.results);
    return {
      text: `${isOver(item) ? "Searched" : "Searching"} the files${queries.length ? " for" : ""}`,
      subject: queries[0] ?? "",
      after: queries.length > 1 ? `and ${queries.length - 1} more` : "",
      end: Array.isArray(item.results) ? `${results.length.toLocaleString("en")} found` : "",
      blocks: [
        queries.length > 1 ? { kind: "steps", title: "Queries", steps: queries } : undefined,
        entries(
          "Found",
          results.map((result) => ({
            title: text(result.filename || result.file_id) || "File",
            after: typeof result.score === "number" ? result.score.toFixed(2) : "",
            text: text(result.text),
          })),
        ),
      ],
    };
  },
  tool_search_call: (item) => ({
    text: isOver(item) ? "Looked for tools" : "Looking for tools",
    subject: text(object(item.arguments).query ?? object(item.arguments).goal),
    blocks: [json("Arguments", item.arguments)],
  }),
  tool_search_output: (item) => toolsFound(item, "Found"),
  additional_tools: (item) => toolsFound(item, "Was given"),
};

/**
 * @param {any} item
 * @param {string} verb
 * @returns {import("./parts.js").Line}
 */
function toolsFound(item, verb) {
  const tools = list(item.tools);
  return {
    text: verb,
    subject: counted(tools.length, "tool", "tools"),
    blocks: [
      entries("Tools", tools.map(toolEntry)),
      code("Definitions", tools.length ? JSON.stringify(tools, null, 2) : "", "json"),
    ],
  };
}

/** @param {any} tool */
export function toolEntry(tool) {
  const name = text(tool.name ?? tool.server_label ?? tool.type) || "tool";
  const inner = list(tool.tools)
    .map((one) => text(one.name))
    .join(", ");
  return { title: name, after: tool.type === "function" ? "" : text(tool.type), text: text(tool.description) || inner };
}
