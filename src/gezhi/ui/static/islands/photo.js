// Photographs before they travel: turned upright, at most 2 MB, with time and place on the picture and in the file.
import { _, fill } from "gz/core";
import { join, read, write } from "gz/exif";

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

function stamped(image, scale, lines) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  if (lines.length) stamp(context, canvas.width, canvas.height, lines);
  return canvas;
}

/**
 * A JPEG of at most 2 MB made from a picture. What the camera wrote about time and place stays in the file; a picture just
 * taken whose camera wrote nothing gets the time and place of the phone.
 * @param {File} file the picture as taken   @param {{place?: {lon, lat, accuracy}|null, camera?: boolean}} options where the
 *   phone is; whether the picture was taken this moment
 * @returns {Promise<File>}   @throws when the file is not a picture; one of a kind that only the server reads (HEIC) comes back as it is
 */
export async function shrink(file, { place = null, camera = false } = {}) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!image && (await heic(file))) return file;
  if (!image) throw new Error(fill(_("“{name}”不是可读的照片"), { name: file.name }));
  const said = read(await file.arrayBuffer());
  const own = said ? said.segment : camera ? write(new Date(), place) : null;
  const lines = marks(said, camera, place);
  let scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  for (let quality = 0.86; ; quality -= 0.12) {
    const canvas = stamped(image, scale, lines);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob.size <= LIMIT) return new File([await join(blob, own)], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: Date.now() });
    if (quality < 0.5) {
      quality = 0.86;
      scale *= 0.7;
    }
  }
}

/** Whether the content is what iPhones take: not every browser can draw it, the server can. */
async function heic(file) {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(4, 12).arrayBuffer()));
  return /^ftyp(heic|heix|hevc|heim|heis|mif1|msf1)$/.test(head);
}

/** Time and place as they are written on a picture: the camera's own; the phone's for one just taken; else only when it was chosen. */
function marks(said, camera, here) {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const time = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}`;
  const where = ({ lon, lat, accuracy }) => `${lon.toFixed(6)}, ${lat.toFixed(6)}${accuracy ? ` (±${Math.round(accuracy)} m)` : ""}`;
  if (said && said.at) return said.place ? [said.at, where(said.place)] : [said.at];
  if (camera) return here ? [time, where(here)] : [time];
  return [fill(_("{time} 从相册选取"), { time })];
}

/** Puts files into a file input, as if the reader had chosen them. */
export function put(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}
