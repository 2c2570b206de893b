// Who else is here, in words.

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
  if (others > 2) return { text: `${others} others are here`, writing: false };
  return { text: `${names.join(" and ")} ${others > 1 ? "are" : "is"} here`, writing: false };
}

/** @param {import("../types").Presence["writing"]} writers */
function writingWords(writers) {
  if (writers.length > 2) return "Several people are writing";
  const names = writers.map(({ person }) => person.name).join(" and ");
  const does = writers.every(({ to }) => to === "model") ? "asking the model" : "writing";
  return `${names} ${writers.length > 1 ? "are" : "is"} ${does}`;
}
