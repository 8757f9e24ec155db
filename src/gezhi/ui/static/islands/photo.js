// Photographs before they travel: turned upright, at most 2 MB, with time and place written in.
import { _ } from "gz/core";

const LIMIT = 2_000_000;
const SIDE = 2048;

function stamp(context, width, height, lines) {
  const size = Math.max(18, Math.round(width / 42));
  context.font = `500 ${size}px "Noto Sans CJK SC", sans-serif`;
  const tall = lines.length * size * 1.45 + size * 0.6;
  context.fillStyle = "rgba(10, 16, 26, .62)";
  context.fillRect(0, height - tall, width, tall);
  context.fillStyle = "#fff";
  context.textBaseline = "top";
  lines.forEach((line, at) => context.fillText(line, size * 0.6, height - tall + size * 0.4 + at * size * 1.45, width - size));
}

/**
 * A JPEG of at most 2 MB made from a picture.
 * @param {Blob} file the picture as taken   @param {{lines?: string[]}} options lines written over the foot of the picture
 * @returns {Promise<File>}   @throws when the file is not a picture this browser can read
 */
export async function shrink(file, { lines = [] } = {}) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Error(_("这个文件不是可读的照片"));
  });
  let scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  for (let quality = 0.86; ; quality -= 0.12) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    if (lines.length) stamp(context, canvas.width, canvas.height, lines);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob.size <= LIMIT) return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: Date.now() });
    if (quality < 0.5) {
      quality = 0.86;
      scale *= 0.7;
    }
  }
}

/** Time and place as they are written on a picture. */
export function marks(place) {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const time = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}`;
  return place ? [time, `${place.lon.toFixed(6)}, ${place.lat.toFixed(6)} (±${Math.round(place.accuracy)} m)`] : [time];
}

/** Puts files into a file input, as if the reader had chosen them. */
export function put(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}
