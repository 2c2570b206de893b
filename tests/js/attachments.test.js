// What goes along with a message: as it is kept, sent and shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Attachments, attachmentsOf, partsOf, sentForm } from "../../static/app/lib/attachments.js";

const picture = {
  file: "file_1",
  url: "/files/file_1/",
  name: "lamp.png",
  size: 10,
  picture: true,
  width: 4,
  height: 3,
  pages: null,
  detail: "high",
};
const paper = { url: "https://papers.example/a%20b.pdf?v=1", name: "a b.pdf", picture: false, detail: "auto" };

test("a message that is being sent carries what the server will show of it", () => {
  assert.deepEqual(attachmentsOf(partsOf([picture, paper])), [picture, paper]);
});

test("the server is told ids and addresses, and how closely to look", () => {
  assert.deepEqual(sentForm([picture, paper]), [
    { file: "file_1", detail: "high" },
    { url: paper.url, detail: "auto" },
  ]);
});

test("parts that no program of ours wrote are no harm", () => {
  for (const content of [null, "text", 7, [null, 3, {}, { type: "input_image" }, { type: "input_file", file_data: 5 }]])
    for (const { name } of attachmentsOf(content)) assert.ok(name);
  const [hostile] = attachmentsOf([{ type: "input_image", image_url: "javascript:alert(1)" }]);
  assert.equal(hostile?.url, undefined);
});

test("an address must be one of the web", () => {
  const attachments = new Attachments("conv_1");
  for (const address of ["javascript:alert(1)", "file:///etc/passwd", "https://", "https://a b", "http:/x", ""])
    assert.match(attachments.addAddress(address), /^Write an address/);
  assert.equal(attachments.addAddress(" https://pictures.example/lamp.png "), "");
  assert.deepEqual(sentForm(attachments.take()), [{ url: "https://pictures.example/lamp.png", detail: "auto" }]);
  assert.deepEqual(attachments.entries, []);
});
