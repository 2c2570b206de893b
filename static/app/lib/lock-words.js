/**
 * What came of a pixel lock, in a line.
 * @param {import("../types").PixelLock} lock
 */
export function lockWords({ state, problem, changed, feather, scaled, made }) {
  if (state === "waiting") return "The original is being laid over it.";
  if (state === "failed") return problem;
  const share = percent(changed ?? 0);
  const before = `The model had changed ${share} of the pixels outside the mask. None of them is changed here.`;
  const size = scaled && made ? ` Its picture of ${made.width} × ${made.height} pixels was scaled.` : "";
  return `${before}${size} The edge fades over ${feather} pixels.`;
}

/** @param {number} share */
function percent(share) {
  if (share === 0) return "none";
  if (share < 0.0001) return "less than 0.01 %";
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`;
}
