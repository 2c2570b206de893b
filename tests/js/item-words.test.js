import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS, wordsOf } from "../../static/app/lib/item-words.js";

const line = (item) => {
  const { text, subject, after, end } = wordsOf(item);
  return [text, subject, after, end].filter(Boolean).join(" | ");
};
const titles = (item) => wordsOf(item).blocks.map((block) => block.title ?? block.text);

test("a call says that it goes on, then that it is over, with its exact arguments", () => {
  const item = { type: "function_call", name: "lux", arguments: '{"distance":0.6}', status: "in_progress" };
  assert.equal(wordsOf(item).text, "Calling");
  const { text, subject, blocks } = wordsOf({ ...item, status: "completed" });
  assert.deepEqual([text, subject], ["Called", "lux"]);
  const written = '{\n  "distance": 0.6\n}';
  assert.deepEqual(blocks, [{ kind: "code", title: "Arguments", text: written, language: "json" }]);
});

test("arguments that are not JSON yet are shown as they are", () => {
  const [block] = wordsOf({ type: "function_call", name: "lux", arguments: '{"dist' }).blocks;
  assert.equal(block.text, '{"dist');
});

test("an item of an unknown kind says its type and shows itself as received", () => {
  const item = { type: "hologram_call", depth: 3 };
  assert.equal(line(item), "hologram_call | shown as received");
  assert.deepEqual(JSON.parse(wordsOf(item).blocks[0].text), item);
});

test("a kind named like a property of every object is unknown like any other", () => {
  assert.equal(wordsOf({ type: "constructor" }).after, "shown as received");
});

test("what a tool gave back is shown with its texts, pictures and files apart", () => {
  assert.deepEqual(wordsOf({ type: "function_call_output", call_id: "call_1", output: "506" }).blocks[0].text, "506");
  const output = [
    { type: "input_text", text: "Two lamps" },
    { type: "input_image", image_url: { url: "/files/file_1/" } },
    { type: "input_image", image_url: "https://elsewhere.example/a.png" },
    { type: "input_file", filename: "sheet.pdf" },
  ];
  const { blocks } = wordsOf({ type: "custom_tool_call_output", output });
  assert.deepEqual(
    blocks.map((block) => block.kind),
    ["code", "pictures", "list", "list"],
  );
  assert.equal(blocks[2].entries[0].url, "https://elsewhere.example/a.png");
});

test("the error of an MCP call is a sentence, whatever its shape", () => {
  const call = { type: "mcp_call", name: "search", server_label: "docs", arguments: "{}" };
  const said = (error) => wordsOf({ ...call, error }).blocks[0].text;
  assert.equal(said("timed out"), "timed out");
  assert.equal(said({ type: "http_error", code: 424, message: "424: " }), "The server answered with HTTP 424.");
  assert.match(
    said({ type: "mcp_protocol_error", code: -32601, message: "No such method" }),
    /-32601\. No such method/,
  );
  const content = [{ type: "text", text: "The shop is closed" }];
  assert.equal(said({ type: "mcp_tool_execution_error", content }), "The tool itself failed. The shop is closed");
  assert.equal(wordsOf({ ...call, error: { code: 1 } }).state, "failed");
});

test("a search names what was asked, and an opened page its address", () => {
  const search = { type: "web_search_call", status: "completed" };
  const sources = [{ type: "url", url: "https://a.example/" }];
  assert.equal(
    line({ ...search, action: { type: "search", query: "lux", sources } }),
    "Searched the web for | lux | 1 source",
  );
  assert.equal(
    line({ ...search, action: { type: "search", queries: ["a", "b"] } }),
    "Searched the web for | a | and 1 more",
  );
  assert.equal(
    line({ ...search, action: { type: "open_page", url: "https://a.example/" } }),
    "Opened | https://a.example/",
  );
  const find = { type: "find_in_page", pattern: "lux", url: "https://a.example/" };
  assert.equal(line({ ...search, action: find }), "Looked for | lux | in https://a.example/");
  assert.equal(line(search), "Searched the web");
  assert.equal(line({ ...search, status: "searching" }), "Searching the web");
});

test("a file search lists what it found with scores and excerpts", () => {
  const results = [{ filename: "food.txt", file_id: "file-1", score: 0.987, text: "Travis likes pizza." }];
  const item = { type: "file_search_call", status: "completed", queries: ["food"], results };
  assert.equal(line(item), "Searched the files for | food | 1 found");
  assert.deepEqual(wordsOf(item).blocks[0].entries, [
    { title: "food.txt", after: "0.99", text: "Travis likes pizza." },
  ]);
  assert.equal(wordsOf({ ...item, results: null }).end, "", "results that were not asked for are not none");
});

test("code that ran shows its code, its logs and its pictures", () => {
  const outputs = [
    { type: "logs", logs: "42\n" },
    { type: "image", url: { url: "/files/file_1/" } },
    { type: "image", url: "javascript:alert(1)" },
  ];
  const item = { type: "code_interpreter_call", status: "completed", code: "print(42)", outputs };
  assert.deepEqual(titles(item), ["Code", "Output", "Pictures"]);
  assert.equal(wordsOf(item).blocks[2].pictures.length, 1);
  assert.equal(wordsOf({ ...item, status: "interpreting" }).text, "Running code");
});

test("a command shows what it wrote and how it ended", () => {
  const output = [{ stdout: "a\n", stderr: "b\n", outcome: { type: "exit", exit_code: 2 } }];
  assert.equal(line({ type: "shell_call_output", output }), "Result of | the command | exit 2");
  assert.deepEqual(titles({ type: "shell_call_output", output }), ["Output", "Errors"]);
  const late = [{ stdout: "", stderr: "", outcome: { type: "timeout" } }];
  assert.equal(line({ type: "shell_call_output", output: late }), "Result of | the command | timed out");
  const call = { type: "local_shell_call", status: "completed", action: { command: ["rg", "it's lit"], user: "bob" } };
  assert.equal(line(call), "Ran | rg 'it'\\''s lit' | as bob");
});

test("a change of a file counts its lines and is coloured as a diff", () => {
  const diff = "@@\n-def fib(n):\n+def fibonacci(n):\n+    pass\n";
  const item = {
    type: "apply_patch_call",
    status: "completed",
    operation: { type: "update_file", path: "fib.py", diff },
  };
  assert.equal(line(item), "Changed | fib.py | +2 −1");
  assert.equal(wordsOf(item).blocks[0].language, "diff");
  const gone = { ...item, operation: { type: "delete_file", path: "fib.py" } };
  assert.equal(line(gone), "Deleted | fib.py");
  assert.equal(wordsOf({ type: "apply_patch_call_output", status: "failed", output: "no such file" }).state, "failed");
});

test("actions on a computer are words, and safety checks stand before them", () => {
  const actions = [
    { type: "click", button: "right", x: 4, y: 8 },
    { type: "type", text: "lamp" },
    { type: "scroll", x: 1, y: 2, scroll_y: -300 },
    { type: "keypress", keys: ["CTRL", "A"] },
    {
      type: "drag",
      path: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
      keys: ["SHIFT"],
    },
    { type: "blink" },
  ];
  const checks = [{ id: "sc_1", code: "malicious_instructions", message: "The page asks for more." }];
  const item = { type: "computer_call", status: "completed", actions, pending_safety_checks: checks };
  assert.equal(line(item), "On the computer: | right-click at 4, 8 | and 5 more | 1 safety check");
  const [check, list] = wordsOf(item).blocks;
  assert.deepEqual([check.kind, check.tone], ["note", "warn"]);
  assert.deepEqual(list.steps, [
    "right-click at 4, 8",
    "type “lamp”",
    "scroll 300 up at 1, 2",
    "press CTRL+A",
    "drag from 1, 2 to 3, 4 with SHIFT held",
    "blink",
  ]);
  assert.equal(wordsOf({ type: "computer_call", action: { type: "wait" } }).subject, "wait");
});

test("what was cut off says so, and what failed too", () => {
  assert.equal(wordsOf({ type: "function_call", name: "lux", status: "incomplete" }).state, "unfinished");
  assert.equal(wordsOf({ type: "mcp_call", name: "lux", status: "failed" }).state, "failed");
  assert.equal(wordsOf({ type: "web_search_call", status: "searching" }).state, "running");
});

const ODD = [undefined, null, 7, "text", [], [null], [7, "x", {}], {}, { type: 7 }, true];
for (const type of [...KINDS, undefined, 7]) {
  test(`an item of the type ${type} is a line, whatever its fields hold`, () => {
    assert.notEqual(line({ type }), "");
    const fields = (
      "arguments action actions queries results sources tools output outputs error operation status name namespace " +
      "server_label pending_safety_checks acknowledged_safety_checks image reasoning text content summary caller code"
    ).split(" ");
    for (const odd of ODD) {
      wordsOf({ type, ...Object.fromEntries(fields.map((name) => [name, odd])) });
      wordsOf({
        type,
        action: { sources: odd, queries: odd, commands: odd, command: odd, env: odd, query: odd, url: odd },
      });
    }
  });
}

test("what the computer shows is named by its place, its own pages by what they are for", () => {
  const shown = (/** @type {string} */ name) => ({
    type: "computer_call_output",
    output: { type: "computer_screenshot", image_url: { url: "/files/file_1/", name } },
  });
  assert.equal(line(shown("example.com/bees")), "The computer shows | example.com/bees");
  assert.equal(line(shown("Practice")), "The computer shows | its page to practise on");
  assert.deepEqual(wordsOf(shown("example.com/bees")).blocks, [
    {
      kind: "pictures",
      title: "Screenshot",
      pictures: [{ url: "/files/file_1/", alt: "The computer’s screen: example.com/bees" }],
    },
  ]);
});
