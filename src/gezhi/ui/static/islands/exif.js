// When and where a photograph was taken: read from the camera's file, kept in the smaller copy, written where the camera said nothing.
const POINTER = { exif: 0x8769, gps: 0x8825 };
const SIZES = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };

function entriesOf(view, tiff, at, little) {
  const found = new Map();
  if (at + 2 > view.byteLength - tiff) return found;
  const count = view.getUint16(tiff + at, little);
  for (let n = 0; n < count; n++) {
    const here = tiff + at + 2 + n * 12;
    if (here + 12 > view.byteLength) break;
    const [tag, type, length] = [view.getUint16(here, little), view.getUint16(here + 2, little), view.getUint32(here + 4, little)];
    const bytes = (SIZES[type] || 1) * length;
    const value = bytes <= 4 ? here + 8 : tiff + view.getUint32(here + 8, little);
    if (value + bytes <= view.byteLength) found.set(tag, { value, length });
  }
  return found;
}

const words = (view, entry) => entry && String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + entry.value, entry.length)).replace(/\0.*$/, "");

function degrees(view, entry, negative, little) {
  if (!entry || entry.length < 3) return null;
  const part = (n) => view.getUint32(entry.value + n * 8, little) / view.getUint32(entry.value + n * 8 + 4, little);
  const value = part(0) + part(1) / 60 + part(2) / 3600;
  return Number.isFinite(value) ? (negative ? -value : value) : null;
}

function segment(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < bytes.length; ) {
    const mark = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (mark === 0xffe1 && words(view, { value: at + 4, length: 4 }) === "Exif") return bytes.slice(at, at + 2 + length);
    if (mark === 0xffda || (mark & 0xff00) !== 0xff00) return null;
    at += 2 + length;
  }
  return null;
}

/**
 * What a JPEG says of itself. @param {ArrayBuffer} buffer
 * @returns {{segment: Uint8Array, at: string, place: {lon: number, lat: number}|null}|null} the segment is ready for an upright copy;
 *   `at` is the camera's local time "2026-09-18 09:00" or ""; null when the file has no such data
 */
export function read(buffer) {
  const own = segment(new Uint8Array(buffer));
  if (!own) return null;
  try {
    const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
    const tiff = 10;
    const little = view.getUint16(tiff) === 0x4949;
    const first = entriesOf(view, tiff, view.getUint32(tiff + 4, little), little);
    const inner = (tag) => (first.has(tag) ? entriesOf(view, tiff, view.getUint32(first.get(tag).value, little), little) : new Map());
    const [detail, gps] = [inner(POINTER.exif), inner(POINTER.gps)];
    if (first.has(0x0112)) view.setUint16(first.get(0x0112).value, 1, little); // the copy is upright already
    const taken = words(view, detail.get(0x9003)) || words(view, first.get(0x0132)) || "";
    const lat = degrees(view, gps.get(2), words(view, gps.get(1)) === "S", little);
    const lon = degrees(view, gps.get(4), words(view, gps.get(3)) === "W", little);
    return { segment: own, at: taken.slice(0, 16).replace(/^(\d+):(\d+):/, "$1-$2-"), place: lat === null || lon === null || (!lat && !lon) ? null : { lon, lat } };
  } catch (reason) {
    if (!(reason instanceof RangeError)) throw reason;
    return null;
  }
}

/** A segment that says when, and where when that is known. @param {Date} at   @param {{lon: number, lat: number}|null} place */
export function write(at, place) {
  const two = (number) => String(number).padStart(2, "0");
  const time = `${at.getFullYear()}:${two(at.getMonth() + 1)}:${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const east = -at.getTimezoneOffset();
  const zone = `${east < 0 ? "-" : "+"}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  const bytes = new Uint8Array(220);
  const view = new DataView(bytes.buffer);
  const put = (where, value) => [...value].forEach((one, n) => (bytes[where + n] = one.charCodeAt(0)));
  const tiff = 10;
  const entry = (where, tag, type, length, value) => {
    view.setUint16(tiff + where, tag, true);
    view.setUint16(tiff + where + 2, type, true);
    view.setUint32(tiff + where + 4, length, true);
    if (typeof value === "string") put(tiff + where + 8, value);
    else view.setUint32(tiff + where + 8, value, true);
  };
  const angle = (where, value) => {
    const whole = Math.abs(value);
    const minutes = (whole % 1) * 60;
    [[Math.floor(whole), 1], [Math.floor(minutes), 1], [Math.round((minutes % 1) * 60 * 10000), 10000]].forEach(([up, down], n) => {
      view.setUint32(tiff + where + n * 8, up, true);
      view.setUint32(tiff + where + n * 8 + 4, down, true);
    });
  };
  view.setUint16(0, 0xffe1);
  view.setUint16(2, bytes.length - 2);
  put(4, "Exif\0\0II*\0");
  view.setUint32(tiff + 4, 8, true);
  view.setUint16(tiff + 8, place ? 2 : 1, true); // first directory at 8: pointers to the two others
  entry(10, POINTER.exif, 4, 1, 40);
  view.setUint16(tiff + 40, 2, true);
  entry(42, 0x9003, 2, 20, 72);
  entry(54, 0x9011, 2, 7, 92);
  put(tiff + 72, time);
  put(tiff + 92, zone);
  if (place) {
    entry(22, POINTER.gps, 4, 1, 100);
    view.setUint16(tiff + 100, 4, true);
    entry(102, 1, 2, 2, place.lat < 0 ? "S" : "N");
    entry(114, 2, 5, 3, 156);
    entry(126, 3, 2, 2, place.lon < 0 ? "W" : "E");
    entry(138, 4, 5, 3, 180);
    angle(156, place.lat);
    angle(180, place.lon);
  }
  return bytes;
}

/** The picture with a segment behind its first mark. @param {Blob} jpeg   @param {Uint8Array|null} own */
export async function join(jpeg, own) {
  if (!own) return jpeg;
  return new Blob([jpeg.slice(0, 2), own, jpeg.slice(2)], { type: "image/jpeg" });
}
