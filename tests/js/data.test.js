// Answers that are data: read before they are whole, made a table, taken along as CSV.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf, mainTable, tableOf } from "../../static/app/lib/data-table.js";
import { parsePartial } from "../../static/app/lib/partial-json.js";

const ANSWER = {
  lamps: [
    { name: 'Lamp "A", green', height: 41.5, lit: true },
    { name: "Leselampe \\ ü\n☃", height: -3, lit: null },
  ],
  remark: '[{]}, \\u0041 "quoted"',
  none: [],
  deep: { a: { b: [1, [2, 3]] } },
};

test("every beginning of an answer can be read, and what is told of it stays true", () => {
  for (const text of [JSON.stringify(ANSWER), JSON.stringify(ANSWER, null, 2)]) {
    let told = 0;
    for (let end = 0; end <= text.length; end++) {
      const found = parsePartial(text.slice(0, end));
      if (end === text.length) assert.deepEqual(found, { value: ANSWER, complete: true });
      else assert.notEqual(found?.complete, true);
      if (!found) assert.ok(end < 2, `nothing at ${end}: ${text.slice(0, end)}`);
      const size = JSON.stringify(found?.value ?? "").length;
      assert.ok(size >= told, `less was told at ${end}: ${text.slice(0, end)}`);
      told = size;
      const { remark } = /** @type {any} */ (found?.value ?? {});
      if (typeof remark === "string") assert.ok(ANSWER.remark.startsWith(remark));
    }
  }
});

test("what is no JSON is nothing, however far it has come", () => {
  for (const text of ["", "Sure! Here", "]", '{"a" 1', "{]", '{"a": tru', "nul"]) {
    const found = parsePartial(text);
    assert.ok(!found || JSON.stringify(found.value) === "{}", text);
  }
});

test("a list of objects is a table, with all their names as columns", () => {
  assert.deepEqual(tableOf([{ a: 1 }, { b: 2, a: 3 }])?.columns, ["a", "b"]);
  for (const other of [[], [1], [{}, 1], { a: 1 }, null, "text", [{}]]) assert.equal(tableOf(other), undefined);
  assert.equal(mainTable(ANSWER)?.rows.length, 2);
  assert.equal(mainTable({ one: [{ a: 1 }], two: [{ a: 1 }] }), undefined);
});

test("CSV quotes what must be quoted, and no cell is a formula", () => {
  const hostile = ["=1+1", "+1", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"];
  const rows = [{ a: 'say "hi", twice', b: -5, c: null }, ...hostile.map((a) => ({ a, b: { x: 1 }, c: "two\nlines" }))];
  const lines = csvOf({ columns: ["a", "b", "c"], rows }).split("\r\n");
  assert.equal(lines[0], "a,b,c");
  assert.equal(lines[1], '"say ""hi"", twice",-5,');
  assert.equal(csvOf({ columns: ["=x"], rows: [] }), "'=x\r\n");
  for (const line of lines.slice(2, -1)) assert.doesNotMatch(line.replace(/^"/, ""), /^[\s]*[=+\-@]/);
});
