import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { ConversationSocket } from "../../static/app/lib/socket.js";

/** A socket that the test speaks through. */
class ScriptedWebSocket {
  static OPEN = 1;
  static made = [];
  readyState = 1;
  sent = [];
  closed = false;

  constructor(address) {
    this.address = address;
    ScriptedWebSocket.made.push(this);
  }
  hear(...frames) {
    this.onmessage({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
  }
  end(code) {
    this.onclose({ code });
  }
  send(text) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
}

let page = new EventTarget();
const made = ScriptedWebSocket.made;
const hello = { type: "hello", position: 3 };
let online = true;
let position = 0;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  made.length = 0;
  page = new EventTarget();
  online = true;
  position = 0;
});
globalThis.WebSocket = ScriptedWebSocket;
globalThis.addEventListener = (...listener) => page.addEventListener(...listener);
Object.defineProperty(globalThis, "navigator", {
  value: {
    get onLine() {
      return online;
    },
  },
});

function opened() {
  const socket = new ConversationSocket(() => `/ws?after=${position}`);
  const heard = { frames: [], states: [], closed: [] };
  socket.addEventListener("frames", ({ detail }) => heard.frames.push(...detail));
  socket.addEventListener("state", ({ detail }) => heard.states.push(detail));
  socket.addEventListener("closed", ({ detail }) => heard.closed.push(detail));
  socket.open();
  return { socket, heard };
}

test("one message may hold several frames", () => {
  const { heard } = opened();
  made[0].hear(hello, { type: "ping" });
  assert.deepEqual(heard.frames, [hello, { type: "ping" }]);
});

test("a line that is no frame does not hide the others", () => {
  const { heard } = opened();
  made[0].onmessage({ data: `{"type":"pi\n${JSON.stringify(hello)}` });
  assert.deepEqual(heard.frames, [hello]);
});

test("a lost connection comes back from where the page is", () => {
  const { heard } = opened();
  made[0].hear(hello);
  position = 7;
  made[0].end(1006);
  mock.timers.tick(500);
  assert.equal(made.length, 2);
  assert.equal(made[1].address, "/ws?after=7");
  made[1].hear(hello);
  assert.deepEqual(heard.states, ["open", "reconnecting", "open"]);
});

test("it tries less and less often, and at least every ten seconds", () => {
  opened();
  for (let tries = 0; tries < 12; tries++) {
    const before = made.length;
    made.at(-1).end(1006);
    mock.timers.tick(249);
    if (tries > 1) assert.equal(made.length, before, `try ${tries} came too early`);
    mock.timers.tick(10_000);
    assert.equal(made.length, before + 1);
  }
});

test("a connection that answers makes the next wait short again", () => {
  opened();
  for (let tries = 0; tries < 8; tries++) {
    made.at(-1).end(1006);
    mock.timers.tick(10_000);
  }
  made.at(-1).hear(hello);
  made.at(-1).end(1006);
  mock.timers.tick(500);
  assert.equal(made.length, 10);
});

test("who was too slow comes back at once", () => {
  opened();
  made[0].hear(hello);
  made[0].end(4408);
  mock.timers.tick(1);
  assert.equal(made.length, 2);
});

test("after 45 seconds of silence the connection is made anew, and a ping is not silence", () => {
  opened();
  made[0].hear(hello);
  mock.timers.tick(44_000);
  made[0].hear({ type: "ping" });
  mock.timers.tick(44_000);
  assert.equal(made.length, 1);
  mock.timers.tick(1_000);
  assert.equal(made.length, 2);
  assert.equal(made[0].closed, true);
});

test("what a connection says that was given up is not heard", () => {
  const { heard } = opened();
  made[0].hear(hello);
  page.dispatchEvent(new Event("offline"));
  made[0].end(1006);
  mock.timers.tick(60_000);
  assert.equal(made.length, 1);
  assert.equal(heard.states.at(-1), "offline");
});

test("offline it waits, and connects at once when the network is back", () => {
  const { heard } = opened();
  made[0].hear(hello);
  page.dispatchEvent(new Event("offline"));
  page.dispatchEvent(new Event("online"));
  assert.equal(made.length, 2);
  made[1].hear(hello);
  assert.deepEqual(heard.states, ["open", "offline", "reconnecting", "open"]);
});

test("a page that opens offline says so and connects later", () => {
  online = false;
  const { heard } = opened();
  assert.deepEqual(heard.states, ["offline"]);
  assert.equal(made.length, 0);
  page.dispatchEvent(new Event("online"));
  assert.equal(made.length, 1);
});

for (const [code, reason] of [
  [4401, "signed-out"],
  [4403, "removed"],
  [4404, "unknown"],
]) {
  test(`close code ${code} is final: ${reason}`, () => {
    const { heard } = opened();
    made[0].hear(hello);
    made[0].end(code);
    mock.timers.tick(60_000);
    page.dispatchEvent(new Event("online"));
    assert.equal(made.length, 1);
    assert.deepEqual(heard.closed, [reason]);
    assert.equal(heard.states.at(-1), "closed");
  });
}

test("a frame is sent only through an open connection", () => {
  const { socket } = opened();
  made[0].readyState = 0;
  socket.send({ type: "resync", response: 1 });
  made[0].readyState = 1;
  socket.send({ type: "resync", response: 2 });
  assert.deepEqual(made[0].sent, ['{"type":"resync","response":2}']);
});
