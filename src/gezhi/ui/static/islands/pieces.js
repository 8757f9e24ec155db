// A file in pieces over a bad network: announced by size and hash, sent from where the server has got to, finished once.
import { _, api, ApiError } from "gz/core";

const PIECE = 512 * 1024;

/** Files of at least so many bytes travel in pieces. */
export const LARGE = PIECE;

async function hash(file) {
  const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(sum)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/**
 * Sends a file, or what is still missing of it.
 * @param {File} file   @param {string} id the upload's own UUID; the same one goes on where it stopped
 * @param {(share: number) => void} tell progress from 0 to 1
 * @returns {Promise<number>} the id of the document   @throws ApiError; a status of 0 means that the network is gone
 */
export async function sendFile(file, id, tell = () => {}) {
  const url = `/documents/uploads/${id}`;
  const json = { "Content-Type": "application/json" };
  const told = await api(url, { method: "PUT", headers: json, body: JSON.stringify({ name: file.name, size: file.size, sha256: await hash(file) }) });
  let { offset } = told;
  let astray = 0;
  while (offset < file.size) {
    tell(offset / file.size);
    const body = file.slice(offset, offset + Math.min(told.piece || PIECE, PIECE));
    try {
      ({ offset } = await api(url, { method: "PATCH", headers: { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) }, body }));
    } catch (reason) {
      const here = reason instanceof ApiError && reason.status === 409 ? reason.body?.current?.offset : undefined;
      if (here === undefined || ++astray > 3) throw reason;
      offset = here;
    }
  }
  tell(1);
  const made = await api(`${url}/finish`, { method: "POST", headers: json, body: "{}" });
  if (!made?.id) throw new ApiError(502, _("附件没有传成，请重试"), "", made);
  return made.id;
}
