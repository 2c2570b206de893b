import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "../../static/app/lib/item-words.js";

test("a call says that it goes on, then that it is over, with its exact arguments", () => {
  const item = { type: "function_call", name: "lux", arguments: '{"distance":0.6}', status: "in_progress" };
  assert.equal(wordsOf(item).text, "Calling");
  const { text, subject, parts } = wordsOf({ ...item, status: "completed" });
  assert.deepEqual([text, subject], ["Called", "lux"]);
  assert.deepEqual(parts, [{ title: "Arguments", text: '{\n  "distance": 0.6\n}' }]);
});

test("arguments that are not JSON yet are shown as they are", () => {
  const { parts } = wordsOf({ type: "function_call", name: "lux", arguments: '{"dist' });
  assert.deepEqual(parts, [{ title: "Arguments", text: '{"dist' }]);
});

test("an item of an unknown kind says its type and shows itself as received", () => {
  const item = { type: "hologram_call", depth: 3 };
  const { subject, after, parts } = wordsOf(item);
  assert.deepEqual([subject, after], ["hologram_call", "shown as received"]);
  assert.deepEqual(JSON.parse(parts[0].text), item);
});

test("a kind named like a property of every object is unknown like any other", () => {
  assert.equal(wordsOf({ type: "constructor" }).after, "shown as received");
});

test("the result of a program is shown with what it belongs to", () => {
  const words = wordsOf({ type: "function_call_output", call_id: "call_1", output: "506" });
  assert.deepEqual([words.text, words.subject], ["Result of", "function"]);
  assert.deepEqual(words.parts, [{ title: "Output", text: "506" }]);
});

test("the error of an MCP call is shown, whatever its shape", () => {
  const call = { type: "mcp_call", name: "search", server_label: "docs", arguments: "{}", status: "failed" };
  assert.equal(wordsOf({ ...call, error: "timed out" }).parts.at(-1).text, "timed out");
  assert.match(wordsOf({ ...call, error: { type: "http_error", code: 502 } }).parts.at(-1).text, /502/);
});

test("a search names what was asked, and an opened page its address", () => {
  const search = { type: "web_search_call", status: "completed" };
  assert.equal(wordsOf({ ...search, action: { type: "search", query: "lux" } }).subject, "lux");
  assert.equal(wordsOf({ ...search, action: { type: "open_page", url: "https://a.example/" } }).text, "Opened");
  assert.equal(wordsOf(search).text, "Searched the web");
});

for (const type of [
  "function_call",
  "custom_tool_call",
  "mcp_call",
  "mcp_list_tools",
  "mcp_approval_request",
  "mcp_approval_response",
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "computer_call",
  "shell_call",
  "local_shell_call",
  "apply_patch_call",
  "compaction",
  undefined,
]) {
  test(`an item of the type ${type} without any field is still a line`, () => {
    const { text, subject } = wordsOf({ type });
    assert.notEqual(`${text}${subject ?? ""}`, "");
  });
}
