// Applies the events of a response's stream to its output items. What each type does is data, shared with the server.
import table from "../../../conversations/stream_events.json" with { type: "json" };

/** @typedef {import("../types").Output} Output */
/** @typedef {import("../types").StreamEvent} StreamEvent */
/** @typedef {{ op: "set" | "append" | "status" | "none", at?: string[], from?: string, status?: string }} Rule */

const RULES = new Map(/** @type {[string, Rule | Rule[]][]} */ (Object.entries(table)));
const MOST = 10_000; // an index above this is an attack or a fault, not an item

/**
 * Changes `output` in place as `event` says. An unknown type, a missing field or an impossible index changes nothing.
 * @param {Output} output
 * @param {StreamEvent} event
 * @returns {number | undefined} the index of the item that changed
 */
export function applyEvent(output, event) {
  const at = event.output_index;
  if (!isIndex(at)) return undefined;
  const changes = [RULES.get(event.type) ?? []].flat().map((rule) => applyRule(output, at, rule, event));
  return changes.includes(true) ? at : undefined;
}

/**
 * @param {Output} output
 * @param {number} at
 * @param {Rule} rule
 * @param {StreamEvent} event
 */
function applyRule(output, at, rule, event) {
  if (rule.op === "none") return false;
  const value = rule.op === "status" ? rule.status : field(event, rule.from ?? "");
  if (value === undefined || (rule.op === "append" && typeof value !== "string")) return false;
  /** @type {(string | number)[]} */
  const path = [at];
  for (const step of rule.op === "status" ? ["status"] : (rule.at ?? [])) {
    const key = step.startsWith("$") ? event[step.slice(1)] : step;
    if (step.startsWith("$") ? !isIndex(key) : typeof key !== "string") return false;
    path.push(/** @type {string | number} */ (key));
  }
  return write(output, path, value, rule.op === "append");
}

/**
 * A field of an event; `delta.stdout` and `output.0` are one inside another.
 * @param {StreamEvent} event
 * @param {string} name
 */
function field(event, name) {
  /** @type {any} */ let value = event;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/**
 * @param {unknown} index
 * @returns {index is number}
 */
function isIndex(index) {
  return Number.isInteger(index) && /** @type {number} */ (index) >= 0 && /** @type {number} */ (index) <= MOST;
}

/**
 * Walks `path`, making the containers that are missing, and sets or extends what stands at its end.
 * @param {any} container
 * @param {(string | number)[]} path
 * @param {unknown} value
 * @param {boolean} append
 */
function write(container, path, value, append) {
  const last = path.length - 1;
  for (const [depth, key] of path.entries()) {
    if (Array.isArray(container) !== (typeof key === "number")) return false;
    while (typeof key === "number" && container.length <= key) container.push(null);
    if (depth < last) {
      container[key] ??= typeof path[depth + 1] === "number" ? [] : {};
      container = container[key];
      if (typeof container !== "object") return false;
    } else if (!append) {
      container[key] = value;
    } else {
      const before = container[key] ?? "";
      if (typeof before !== "string") return false;
      container[key] = before + value;
    }
  }
  return true;
}
