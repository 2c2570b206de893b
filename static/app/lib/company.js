// Who else is here, in words.
import { enumerated } from "./format.js";
import { gettext, ngettext } from "./gettext.js";

/**
 * @param {import("../types").Presence} presence
 * @param {number} me
 */
export function companyWords({ count, people, writing }, me) {
  const writers = writing.filter(({ person }) => person.id !== me);
  if (writers.length) return { text: writingWords(writers), writing: true };
  const names = people.filter(({ id }) => id !== me).map(({ name }) => name);
  const others = count - (people.length - names.length);
  if (others < 1) return { text: "", writing: false };
  if (others > 2)
    return { text: ngettext("%(count)s other is here", "%(count)s others are here", others), writing: false };
  return {
    text: ngettext("%(names)s is here", "%(names)s are here", others, { names: enumerated(names) }),
    writing: false,
  };
}

/** @param {import("../types").Presence["writing"]} writers */
function writingWords(writers) {
  if (writers.length > 2) return gettext("Several people are writing");
  const names = enumerated(writers.map(({ person }) => person.name));
  if (writers.every(({ to }) => to === "model"))
    return ngettext("%(names)s is asking the model", "%(names)s are asking the model", writers.length, { names });
  return ngettext("%(names)s is writing", "%(names)s are writing", writers.length, { names });
}
