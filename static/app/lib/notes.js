// What people say to each other, behind the turns that it was said after.

/** @typedef {import("../types").Note} Note */

export class Notes {
  /** @type {Map<number | null, Note[]>} By the turn that they stand behind; null: before the first */
  #behind = new Map();

  /**
   * Takes the notes of a page, which knows all of its turns' notes.
   * @param {{ turns: { id: number }[], before: number | null, notes: Note[] }} page
   */
  take(page) {
    for (const { id } of page.turns) this.#behind.delete(id);
    if (page.before === null) this.#behind.delete(null);
    for (const note of page.notes) if (!note.about) this.put(note);
  }

  /** @param {Note} note as it is now; without an author it is gone */
  put(note) {
    if (note.about) return;
    const others = this.behind(note.after).filter(({ id }) => id !== note.id);
    const gone = note.payload === undefined;
    this.#behind.set(
      note.after,
      [...others, ...(gone ? [] : [note])].sort((a, b) => a.id - b.id),
    );
  }

  /**
   * @param {number | null} turn
   * @returns {Note[]}
   */
  behind(turn) {
    return this.#behind.get(turn) ?? [];
  }

  /**
   * The entries of the log behind a turn.
   * @param {number | null} turn
   */
  entries(turn) {
    return this.behind(turn).map((note) => ({ key: note.client_id || `note-${note.id}`, note }));
  }
}
