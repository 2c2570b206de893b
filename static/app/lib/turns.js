// Small questions about turns.

/** @typedef {import("../types").Turn} Turn */

const RANK = { queued: 0, in_progress: 1, completed: 2, incomplete: 2, failed: 2, cancelled: 2 };

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
const longer = (fresh, known = []) => (known.length > fresh.length ? known : fresh);

/**
 * A turn that is heard of may be another wording of a message of one that is known, or another answer to one.
 * @param {Turn[]} known
 * @param {Turn} turn
 */
export function countBeside(known, turn) {
  for (const other of known) {
    if (other.previous !== turn.previous) continue;
    other.siblings = longer(turn.siblings, other.siblings);
    if (messageOf(other) === messageOf(turn)) other.answers = longer(turn.answers, other.answers);
  }
}

/**
 * What the server says of a turn, unless the page is ahead of it.
 * @param {Turn} turn
 * @param {Turn} [known]
 */
export function newer(turn, known) {
  const merged = { ...turn };
  if (known && RANK[known.status] > RANK[turn.status]) Object.assign(merged, known);
  // Wordings and answers only become more
  merged.siblings = longer(turn.siblings, known?.siblings);
  merged.answers = longer(turn.answers, known?.answers);
  return merged;
}

/**
 * The turns of a path before the first whose message is being worded anew.
 * @param {Turn[]} path
 * @param {{ edits: number | null }[]} pending
 */
export function uncut(path, pending) {
  const edits = pending.map((message) => message.edits).filter((id) => id !== null);
  const cut = path.findIndex((turn) => edits.includes(messageOf(turn)));
  return cut < 0 ? path : path.slice(0, cut);
}

/**
 * The turns from a place of the path to `turn`, over turns that are known; undefined where one of them is missing.
 * @param {Turn} turn
 * @param {Turn[]} path
 * @param {Map<number, Turn>} elsewhere
 * @returns {{ at: number, chain: Turn[] } | undefined}
 */
export function wayTo(turn, path, elsewhere) {
  const chain = [turn];
  for (let first = turn; ;) {
    const at = path.findIndex((known) => known.id === first.previous);
    if (at >= 0 || first.previous === null) return { at, chain };
    const previous = elsewhere.get(first.previous);
    if (!previous) return undefined;
    chain.unshift(previous);
    first = previous;
  }
}

/**
 * Whether a frame says that what runs, or what waits for the viewer, is another now. Of answers to others the look that
 * every page takes now and then tells soon enough.
 * @param {import("../types").Frame} frame
 * @param {{ id: number }} me
 */
export function changesWork(frame, me) {
  if (frame.type === "notices") return true;
  const turn = frame.type === "fact" ? frame.turn : undefined;
  return Boolean(turn && !isRunning(turn) && turn.input.some(({ author }) => author?.id === me.id));
}
