// Masks as files. Written here rather than by a canvas: browsers that hide what they are change a canvas's pixels.

/** @typedef {import("./mask.js").Mask} Mask */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY_WITH_ALPHA = 4;

/**
 * The mask as the API takes it: a PNG that is clear where the picture is to be edited.
 * @param {Mask} mask
 * @returns {Promise<Blob>}
 */
export async function toPng({ data, width, height }) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, GREY_WITH_ALPHA);
  let row = 0;
  const rows = new ReadableStream({
    pull(controller) {
      if (row === height) return controller.close();
      const line = new Uint8Array(1 + 2 * width); // no filter; black, and its alpha
      for (let x = 0; x < width; x++) line[2 + 2 * x] = 255 - (data[row * width + x] ?? 0);
      row++;
      controller.enqueue(line);
    },
  });
  const packed = await new Response(rows.pipeThrough(new CompressionStream("deflate"))).arrayBuffer();
  const parts = [
    new Uint8Array(SIGNATURE),
    ...chunk("IHDR", new Uint8Array(header.buffer)),
    ...chunk("IDAT", new Uint8Array(packed)),
    ...chunk("IEND", new Uint8Array()),
  ];
  return new Blob(parts, { type: "image/png" });
}

/**
 * What a picture says as a mask: where it is clear is to be edited; one without anything clear is read as the usual
 * drawing of a mask, white on black.
 * @param {Uint8ClampedArray} pixels red, green, blue and alpha of each
 */
export function fromPixels(pixels) {
  const data = new Uint8Array(pixels.length / 4);
  let clear = false;
  for (let at = 0; at < data.length; at++) {
    const alpha = pixels[4 * at + 3] ?? 255;
    clear ||= alpha < 255;
    data[at] = 255 - alpha;
  }
  if (clear) return data;
  for (let at = 0; at < data.length; at++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(4 * at, 4 * at + 3);
    data[at] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  }
  return data;
}

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} content
 */
function chunk(name, content) {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, content.length);
  for (let at = 0; at < 4; at++) head.setUint8(4 + at, name.charCodeAt(at));
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, crc(content, crc(new Uint8Array(head.buffer, 4), 0)));
  return [new Uint8Array(head.buffer), content, new Uint8Array(tail.buffer)];
}

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit++) number = number & 1 ? (number >>> 1) ^ 0xedb88320 : number >>> 1;
  return number >>> 0;
});

/**
 * @param {Uint8Array} bytes
 * @param {number} before the sum of what came before them
 */
function crc(bytes, before) {
  let sum = ~before;
  for (const byte of bytes) sum = (sum >>> 8) ^ (TABLE[(sum ^ byte) & 255] ?? 0);
  return ~sum >>> 0;
}
