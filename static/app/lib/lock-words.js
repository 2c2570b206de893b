import { gettext, language, ngettext } from "./gettext.js";
/**
 * What came of a pixel lock, in a line.
 * @param {import("../types").PixelLock} lock
 */
export function lockWords({ state, problem, changed, feather, scaled, made }) {
  if (state === "waiting") return gettext("The original is being laid over it.");
  if (state === "failed") return problem;
  const words = [
    changed
      ? gettext("The model had changed %(share)s of the pixels outside the mask. None of them is changed here.", {
          share: percent(changed),
        })
      : gettext("The model kept to the mask: nothing outside it was changed."),
  ];
  if (scaled && made)
    words.push(gettext("Its picture of %(size)s pixels was scaled.", { size: `${made.width} × ${made.height}` }));
  words.push(ngettext("The edge fades over %(count)s pixel.", "The edge fades over %(count)s pixels.", feather));
  return words.join(" ");
}

/** @param {number} share */
function percent(share) {
  const shown = (/** @type {number} */ percents, /** @type {number} */ digits) =>
    `${percents.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits })} %`;
  if (share < 0.0001) return gettext("less than %(share)s", { share: shown(0.01, 2) });
  return shown(share * 100, share < 0.1 ? 2 : 0);
}
