// The smaller copies that the server keeps of a picture. The server's side of it is conversations/models/rendition.py.
const SIDES = [320, 640, 1280];

/**
 * Have an image show the copy that fits its place.
 * @param {HTMLImageElement} image
 * @param {{ url?: string, width?: number | null, height?: number | null }} picture
 * @param {string} sizes how wide its place is, in the words of the `sizes` attribute
 */
export function showIn(image, { url = "", width, height }, sizes) {
  if (width && height) {
    const longest = Math.max(width, height);
    const worth = SIDES.filter((_, number) => number === 0 || (SIDES[number - 1] ?? 0) < longest);
    const widthAt = (/** @type {number} */ side) => Math.round((width * Math.min(side, longest)) / longest);
    image.sizes = sizes;
    image.srcset = worth.map((side) => `${url}size/${side}/ ${widthAt(side)}w`).join(", ");
  }
  image.src = `${url}size/1280/`;
}
