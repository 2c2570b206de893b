// Words in the language of the page.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gettext, learn, ngettext, pgettext } from "../../static/app/lib/gettext.js";

const english = (/** @type {number} */ count) => Number(count !== 1);
after(() => learn({}, english));

test("without a catalogue the words are English", () => {
  assert.equal(gettext("Saved"), "Saved");
  assert.equal(ngettext("%(count)s page", "%(count)s pages", 1), "1 page");
  assert.equal(ngettext("%(count)s page", "%(count)s pages", 2000), "2,000 pages");
  assert.equal(pgettext("option of a picture", "Auto"), "Auto");
});

test("names and numbers stand in their places, and are not looked into", () => {
  assert.equal(gettext("Remove %(name)s", { name: "%(name)s & 100 %" }), "Remove %(name)s & 100 %");
  assert.equal(gettext("100 % of it"), "100 % of it");
});

test("a catalogue says the words and the rule for their forms", () => {
  const words = { Saved: "Zapisano", "%(count)s page": ["%(count)s strona", "%(count)s strony", "%(count)s stron"] };
  learn({ ...words, "option of a picture\u0004Auto": "Samo" }, (n) =>
    n === 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 10 || n % 100 >= 20) ? 1 : 2,
  );
  assert.equal(gettext("Saved"), "Zapisano");
  assert.equal(gettext("Auto"), "Auto");
  assert.equal(pgettext("option of a picture", "Auto"), "Samo");
  const pages = [1, 3, 5].map((count) => ngettext("%(count)s page", "%(count)s pages", count));
  assert.deepEqual(pages, ["1 strona", "3 strony", "5 stron"]);
});
