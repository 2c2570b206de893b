// People by their faces: a picture or the first letter, on their own tint.

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

/**
 * Shows the first people of a conversation, and how many more there are.
 * @param {HTMLElement} element
 * @param {{ count: number, first: Person[] }} people
 */
export function showFaces(element, { count, first }) {
  element.hidden = count < 2;
  const faces = first.map((person) => {
    const avatar = document.createElement("span");
    avatar.className = "avatar s";
    avatar.title = person.name;
    showAvatar(avatar, person);
    return avatar;
  });
  const more = count - first.length;
  const rest = document.createElement("span");
  rest.className = "small muted n";
  rest.textContent = more > 0 ? `+${more}` : "";
  element.replaceChildren(...faces, rest);
}
