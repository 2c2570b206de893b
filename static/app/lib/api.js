// Writes are HTTP: JSON out, JSON back, and one sentence for people when it fails.
import { gettext } from "./gettext.js";

/** A call that did not succeed. `message` is for people; `status` is 0 where no answer came. */
export class CallFailed extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Nothing reached the server, so the same call may be made again. */
  get unreachable() {
    return this.status === 0;
  }
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export const get = (path) => call(path, { headers: { Accept: "application/json" } });

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export function post(path, body = {}) {
  const headers = {
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRFToken": csrfToken(),
  };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** What tells the server that a page of ours writes. */
export function csrfToken() {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  return token instanceof HTMLInputElement ? token.value : "";
}

/** @param {number} status of an answer without words for people */
export const unexplained = (status) => gettext("The server answered %(status)s. Try again.", { status });

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function call(path, request) {
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new CallFailed(gettext("No connection"), 0);
  }
  if (answer.redirected) throw new CallFailed(gettext("You were signed out. Sign in and try again."), 401);
  const body = await answer.json().catch(() => undefined);
  if (answer.ok && body !== undefined) return body;
  throw new CallFailed(body?.error?.message ?? unexplained(answer.status), answer.status);
}
