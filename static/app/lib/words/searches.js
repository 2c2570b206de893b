// Searches: in the web, in files, among tools.
import { gettext, ngettext } from "../gettext.js";
import { code, entries, isOver, json, list, object, text } from "./parts.js";

/** @type {Record<string, (item: any) => import("./parts.js").Line>} */
export const SEARCHES = {
  web_search_call(item) {
    const { type, query, queries, url, pattern, sources } = object(item.action);
    const found = list(sources);
    const blocks = [
      entries(
        gettext("Sources"),
        found.map((source) => ({
          title: text(source.title || source.url || source.name || source.type),
          url: source.url,
        })),
      ),
    ];
    if (type === "open_page")
      return { text: isOver(item) ? gettext("Opened") : gettext("Opening"), subject: text(url), blocks };
    if (type === "find" || type === "find_in_page") {
      const after = url ? gettext("in %(place)s", { place: text(url) }) : "";
      return {
        text: isOver(item) ? gettext("Looked for") : gettext("Looking for"),
        subject: text(pattern),
        after,
        blocks,
      };
    }
    const asked = [...new Set([text(query), ...list(queries).map(text)].filter(Boolean))];
    if (asked.length > 1) blocks.unshift({ kind: "steps", title: gettext("Queries"), steps: asked });
    return {
      text: asked.length
        ? isOver(item)
          ? gettext("Searched the web for")
          : gettext("Searching the web for")
        : isOver(item)
          ? gettext("Searched the web")
          : gettext("Searching the web"),
      subject: asked[0] ?? "",
      after: asked.length > 1 ? ngettext("and %(count)s more", "and %(count)s more", asked.length - 1) : "",
      end: found.length ? ngettext("%(count)s source", "%(count)s sources", found.length) : "",
      blocks,
    };
  },
  file_search_call(item) {
    const queries = list(item.queries).map(text);
    const results = list(item.results);
    return {
      text: queries.length
        ? isOver(item)
          ? gettext("Searched the files for")
          : gettext("Searching the files for")
        : isOver(item)
          ? gettext("Searched the files")
          : gettext("Searching the files"),
      subject: queries[0] ?? "",
      after: queries.length > 1 ? ngettext("and %(count)s more", "and %(count)s more", queries.length - 1) : "",
      end: Array.isArray(item.results) ? ngettext("%(count)s found", "%(count)s found", results.length) : "",
      blocks: [
        queries.length > 1 ? { kind: "steps", title: gettext("Queries"), steps: queries } : undefined,
        entries(
          gettext("Found"),
          results.map((result) => ({
            title: text(result.filename || result.file_id) || gettext("File"),
            after: typeof result.score === "number" ? result.score.toFixed(2) : "",
            text: text(result.text),
          })),
        ),
      ],
    };
  },
  tool_search_call: (item) => ({
    text: isOver(item) ? gettext("Looked for tools") : gettext("Looking for tools"),
    subject: text(object(item.arguments).query ?? object(item.arguments).goal),
    blocks: [json(gettext("Arguments"), item.arguments)],
  }),
  tool_search_output: (item) => toolsFound(item, gettext("Found")),
  additional_tools: (item) => toolsFound(item, gettext("Was given")),
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
    subject: ngettext("%(count)s tool", "%(count)s tools", tools.length),
    blocks: [
      entries(gettext("Tools"), tools.map(toolEntry)),
      code(gettext("Definitions"), tools.length ? JSON.stringify(tools, null, 2) : "", "json"),
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
