// People by their faces: a picture or the first letter, on their own tint.
import { gettext, ngettext } from "../lib/gettext.js";

/** @typedef {import("../types").Person} Person */

/**
 * Shows a person in an element with the class `avatar`.
 * @param {HTMLElement} avatar
 * @param {Person | null} person null: a program
 */
export function showAvatar(avatar, person) {
  avatar.style.setProperty("--hue", String(person?.hue ?? 75));
  if (!person?.avatar) {
    avatar.textContent = person?.initial ?? "";
    return;
  }
  if (avatar.querySelector("img")?.getAttribute("src") === person.avatar) return;
  const image = document.createElement("img");
  image.alt = "";
  image.src = person.avatar;
  avatar.replaceChildren(image);
}

const FACES = 5;
const UNKNOWN = { count: 0, people: [], writing: [] };

/**
 * Shows the people of a conversation: those who are here first, then others, and how many more there are.
 * @param {HTMLElement} element in the link to all of them, which says it in words
 * @param {{ count: number, first: Person[] }} people
 * @param {import("../types").Presence} [presence] where it is known
 */
export function showFaces(element, people, presence = UNKNOWN) {
  element.hidden = people.count < 2;
  const here = presence.people.slice(0, FACES);
  const away = people.first.filter(({ id }) => !presence.people.some((person) => person.id === id));
  const shown = [...here, ...away.slice(0, FACES - here.length)];
  const faces = shown.map((person) => {
    const avatar = document.createElement("span");
    avatar.className = `avatar s ${here.includes(person) ? "here" : presence.count ? "away" : ""}`;
    avatar.title = here.includes(person) ? gettext("%(name)s, here now", { name: person.name }) : person.name;
    showAvatar(avatar, person);
    return avatar;
  });
  const more = people.count - shown.length;
  const rest = document.createElement("span");
  rest.className = "small muted n";
  rest.textContent = more > 0 ? `+${more}` : "";
  element.replaceChildren(...faces, rest);
  const link = element.closest("a");
  const others = presence.count - here.length;
  const names = [
    ...here.map(({ name }) => name),
    ...(others > 0 ? [ngettext("%(count)s more", "%(count)s more", others)] : []),
  ];
  if (link)
    link.ariaLabel = here.length
      ? gettext("People. Here now: %(names)s", { names: names.join(", ") })
      : gettext("People");
}
