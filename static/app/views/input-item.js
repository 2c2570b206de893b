// An input item that is no message: what a program or a tool handed to the model, as one line between the messages.
import { LineView } from "./line.js";

/** @typedef {import("../types").InputItem} InputItem */

/** @param {InputItem} item */
export const isMessage = (item) =>
  item.payload.type === "message" || (!item.payload.type && Boolean(item.payload.role));

export class InputItemView {
  element = document.createElement("div");
  #line = new LineView();
  text = "";
  #shows = false;
  #watched = false;

  constructor() {
    this.element.className = "turn handed";
    const message = document.createElement("div");
    message.className = "message";
    const body = document.createElement("div");
    body.className = "body";
    body.append(this.#line.element);
    message.append(body);
    this.element.append(message);
  }

  /**
   * @param {InputItem} item
   * @param {Map<string, string>} names of the calls that the answer before made, by their ids
   */
  update(item, names) {
    const { payload } = item;
    this.#shows = payload.type === "computer_call_output";
    const name = payload.name ?? names.get(String(payload.call_id));
    this.#line.update(name ? { ...payload, name } : payload, { running: false });
  }

  /** @param {boolean} last what a computer shows stands open while it is the newest, for whoever watches */
  watch(last) {
    const wanted = last && this.#shows;
    if (wanted !== this.#watched) this.#line.element.open = wanted;
    this.#watched = wanted;
  }

  edit() {}
  leave() {}
}

/**
 * The names of the calls in an output, by their ids: what comes back for a call tells only its id.
 * @param {import("../types").Output} output
 */
export function callNames(output) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const item of output) {
    if (typeof item?.call_id === "string" && typeof item.name === "string") names.set(item.call_id, item.name);
  }
  return names;
}
