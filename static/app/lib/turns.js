// Small questions about turns.

/** @typedef {import("../types").Turn} Turn */

export const RANK = { queued: 0, in_progress: 1, completed: 2, incomplete: 2, failed: 2, cancelled: 2 };

/** @param {Turn} turn */
export const isRunning = (turn) => RANK[turn.status] < 2;

/**
 * The id that all answers to one message share: of the turn that the message came with.
 * @param {Turn} turn
 */
export const messageOf = (turn) => turn.input_from ?? turn.id;

/**
 * The same before and after the server has confirmed a message, so that its element stays.
 * @param {Turn} turn
 */
export function keyOf(turn) {
  const own = turn.input_from === null ? turn.input.find((item) => item.client_id) : undefined;
  return own?.client_id ?? `turn-${turn.id}`;
}

/**
 * @param {import("../types").BranchRef[]} fresh
 * @param {import("../types").BranchRef[]} [known]
 */
export const longer = (fresh, known = []) => (known.length > fresh.length ? known : fresh);
