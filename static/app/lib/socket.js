// The one socket of a conversation's page: it comes back by itself and only tells what it hears.

const SILENCE = 45_000; // the server pings every 20 s
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** Close codes after which trying again is pointless, and what they mean here. */
const FINAL = new Map([
  [4401, "signed-out"],
  [4403, "removed"],
  [4404, "unknown"],
]);
const TOO_SLOW = 4408;
const RESTARTS = 1012;

/**
 * Events: `frames` (detail: those of one message), `state` (detail: "connecting", "open", "reconnecting", "offline" or "closed"),
 * `closed` (detail: "signed-out", "removed" or "unknown"; nothing follows).
 */
export class ConversationSocket extends EventTarget {
  /** @type {WebSocket | undefined} */ #socket;
  /** @type {"connecting" | "open" | "reconnecting" | "offline" | "closed"} */ #state = "connecting";
  #tries = 0;
  #retry = 0;
  #silence = 0;
  #life = new AbortController();

  /**
   * @param {() => string} address called for each attempt, because it carries how far the page is
   */
  constructor(address) {
    super();
    this.address = address;
  }

  get state() {
    return this.#state;
  }

  open() {
    const { signal } = this.#life;
    addEventListener("online", () => this.#connect(), { signal });
    addEventListener("offline", () => this.#lose("offline"), { signal });
    if (navigator.onLine) this.#connect();
    else this.#lose("offline");
  }

  /** Drops the connection and makes a new one at once: the page has seen that something is missing. */
  reconnect() {
    if (this.#state !== "closed") this.#connect();
  }

  /** @param {object} frame */
  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  close() {
    this.#lose("closed");
    this.#life.abort();
  }

  #connect() {
    this.#drop();
    if (this.#state === "offline") this.#tell("reconnecting");
    const socket = new WebSocket(this.address());
    this.#socket = socket;
    this.#listen();
    socket.onmessage = ({ data }) => this.#hear(String(data));
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
  }

  /** @param {string} data one or more frames, one a line */
  #hear(data) {
    this.#listen();
    const frames = data.split("\n").flatMap(parsed);
    this.#emit("frames", frames);
    if (frames.some((frame) => frame.type === "hello")) {
      this.#tries = 0;
      this.#tell("open");
    }
  }

  /** @param {number} code */
  #closed(code) {
    const reason = FINAL.get(code);
    if (reason) {
      this.close();
      this.#emit("closed", reason);
      return;
    }
    this.#drop();
    if (this.#state === "offline" || this.#state === "closed") return;
    this.#tell("reconnecting");
    this.#retry = setTimeout(() => this.#connect(), this.#wait(code));
  }

  /** @param {number} code */
  #wait(code) {
    const tries = this.#tries++;
    if (code === TOO_SLOW && tries === 0) return 0;
    if (code === RESTARTS && tries === 0) return Math.random() * 2000;
    const longest = Math.min(FIRST_WAIT * 2 ** tries, LONGEST_WAIT);
    return longest / 2 + Math.random() * (longest / 2);
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#tell("reconnecting");
      this.#connect();
    }, SILENCE);
  }

  /** @param {"offline" | "closed"} state */
  #lose(state) {
    this.#drop();
    this.#tell(state);
  }

  #drop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = undefined; // before closing: its last words are not for us
    socket?.close();
  }

  /** @param {typeof this.state} state */
  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit("state", state);
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * @param {string} line
 * @returns {import("../types").Frame[]} none where it is no frame: the numbers of the next one show what is missing
 */
function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
