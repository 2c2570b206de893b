// Masks to and from the server. What is uploaded is opened and cleaned there first: whatever the file was, what comes
// back is a picture with eight bits that stands upright.
import { CallFailed, post, unexplained } from "../api.js";
import { gettext } from "../gettext.js";
import { upload } from "../uploads.js";
import { fromPixels, toPng } from "./png.js";

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("../../types").UploadedFile} UploadedFile */

/**
 * @param {Mask} mask
 * @param {(share: number) => void} progress
 * @returns {Promise<string>} the id of the file
 */
export async function send(mask, progress = () => {}) {
  const file = new File([await toPng(mask)], "mask.png", { type: "image/png" });
  return (await upload(file, { progress, signal: new AbortController().signal })).id;
}

/**
 * A mask that a person chose. Nothing of it stays at the server.
 * @param {File} file
 * @returns {Promise<ImageBitmap>}
 */
export async function receive(file) {
  const cleaned = await upload(file, { progress: () => {}, signal: new AbortController().signal });
  try {
    if (!cleaned.media_type.startsWith("image/"))
      throw new CallFailed(gettext("A mask is a picture. Choose one."), 415);
    return await open(cleaned.url);
  } finally {
    post(`${cleaned.url}remove/`).catch(() => {}); // unsent files go within a day anyway
  }
}

/** @param {string} url @returns {Promise<ImageBitmap>} */
export async function open(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new CallFailed(unexplained(answer.status), answer.status);
  try {
    return await createImageBitmap(await answer.blob(), { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  } catch {
    throw new CallFailed(gettext("This picture cannot be shown here. Choose another one."), 415);
  }
}

/**
 * @param {ImageBitmap} picture
 * @param {{ width: number, height: number }} size in which it is read
 */
export function read(picture, { width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return fromPixels(context.getImageData(0, 0, width, height).data);
}
