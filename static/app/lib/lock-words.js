/**
 * What came of a pixel lock, in a line.
 * @param {import("../types").PixelLock} lock
 */
export function lockWords({ state, problem, changed, feather, scaled, made }) {
  if (state === "waiting") return "The original is being laid over it.";
  if (state === "failed") return problem;
  const before = changed
    ? `The model had changed ${percent(changed)} of the pixels outside the mask. None of them is changed here.`
    : "The model kept to the mask: nothing outside it was changed.";
  const size = scaled && made ? ` Its picture of ${made.width} × ${made.height} pixels was scaled.` : "";
  return `${before}${size} The edge fades over ${feather} pixels.`;
}

/** @param {number} share */
function percent(share) {
  if (share < 0.0001) return "less than 0.01 %";
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`;
}
