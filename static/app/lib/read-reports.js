// How far the page was read, as the server knows it.
import { post } from "./api.js";
import { gettext } from "./gettext.js";
import { say, tried } from "./said.js";

const PAUSE = 2000; // milliseconds between two reports

/** Tells the server how far the page was read: only while it is in sight, and seldom. */
export class ReadReports {
  #told = 0;
  #timer = 0;

  /**
   * @param {() => number} position of the newest fact that the page shows
   * @param {(position: number) => void} tell
   */
  constructor(position, tell) {
    this.position = position;
    this.tell = tell;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.look()));
    globalThis.addEventListener?.("pagehide", () => this.#leave());
  }

  /** Who leaves has read what was in sight until now: the pause would keep it from being told. */
  #leave() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#tell();
  }

  /** There may be something new. */
  look() {
    if (this.#timer || document.hidden || !this.#tell()) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.look();
    }, PAUSE);
  }

  #tell() {
    if (this.position() <= this.#told) return false;
    this.#told = this.position();
    this.tell(this.#told);
    return true;
  }

  /** A new connection: what was told through the one before may not have arrived. */
  again() {
    this.#told = 0;
    this.look();
  }
}

/**
 * What others said last is new again; the page is left, or it would be read at once.
 * @param {string} here the address of the conversation
 */
export async function markUnread(here) {
  const answer = await tried(() => post(`${here}unread/`));
  if (answer?.unread) location.assign("/");
  else if (answer) say(gettext("Nobody else has said anything here yet."));
}
