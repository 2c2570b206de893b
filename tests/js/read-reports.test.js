import assert from "node:assert/strict";
import { test } from "node:test";

const page = Object.assign(new EventTarget(), { hidden: false });
globalThis.document = page;
const { ReadReports } = await import("../../static/app/lib/read-reports.js");

function reading() {
  const read = { position: 1, told: [] };
  read.reports = new ReadReports(
    () => read.position,
    (position) => read.told.push(position),
  );
  return read;
}

function hide(hidden) {
  page.hidden = hidden;
  page.dispatchEvent(new Event("visibilitychange"));
}

test("what was in sight when the page is left is told at once, and what comes afterwards when it is seen", () => {
  const read = reading();
  read.reports.look();
  read.position = 2;
  read.reports.look();
  assert.deepEqual(read.told, [1]); // seldom
  hide(true);
  assert.deepEqual(read.told, [1, 2]);
  read.position = 3;
  read.reports.look();
  assert.deepEqual(read.told, [1, 2]);
  hide(false);
  assert.deepEqual(read.told, [1, 2, 3]);
  hide(true);
  hide(false);
});
