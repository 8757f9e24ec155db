// What waits on this phone: submissions in the order they were made, with their photographs, all of it encrypted.
// AES-GCM with a key that no script can read out (non-extractable). A member of staff's key is derived from a secret the
// server gives to nobody but that person while signed in; it is forgotten at sign-out and as soon as somebody else signs in
// on the same phone, whose eyes the old contents then escape. In the clear stand only: whose, when, state, size.
import { _, api, key as uuid } from "gz/core";

const NAME = "gezhi";
const CAP = 200_000_000;
const text = new TextEncoder();
const keys = new Map();
// What is being added must not look like what was left behind.
const alone = (work) => (navigator.locks ? navigator.locks.request("gezhi-store", work) : work());

/** Whether this browser can keep things safely (it needs https or this very machine). */
export const able = () => Boolean(globalThis.indexedDB && globalThis.crypto?.subtle);

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = () => {
      const { result: base } = request;
      const known = base.objectStoreNames;
      if (!known.contains("outbox")) base.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
      if (!known.contains("files")) base.createObjectStore("files");
      if (!known.contains("keys")) base.createObjectStore("keys");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(name, mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode);
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function derived(owner) {
  const told = await api("/pocket/key/");
  if (String(told.owner) !== owner) throw new Error(_("已由他人登录，请重新登录后继续"));
  const secret = Uint8Array.from(atob(told.secret), (one) => one.charCodeAt(0));
  const raw = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: text.encode("gezhi-outbox"), info: text.encode(owner) };
  return crypto.subtle.deriveKey(how, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The key of a person (or of this browser, for a citizen who is nobody); fetched once while there is a network. */
async function keyOf(owner) {
  if (keys.has(owner)) return keys.get(owner);
  let mine = await run("keys", "readonly", (store) => store.get(owner));
  if (!mine) {
    mine = owner ? await derived(owner) : await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await run("keys", "readwrite", (store) => store.put(mine, owner));
  }
  keys.set(owner, mine);
  return mine;
}

async function seal(owner, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(owner) }, await keyOf(owner), bytes);
  return { iv, data };
}

async function unseal(owner, { iv, data }) {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: text.encode(owner) }, await keyOf(owner), data);
}

const CLEAR = ["order", "owner", "key", "at", "state", "tries", "size"];

async function closed(item) {
  const open_ = Object.fromEntries(CLEAR.filter((name) => name in item).map((name) => [name, item[name]]));
  const hidden = Object.fromEntries(Object.entries(item).filter(([name]) => !CLEAR.includes(name)));
  return { ...open_, sealed: await seal(item.owner, text.encode(JSON.stringify(hidden))) };
}

async function opened(row) {
  const { sealed, ...rest } = row;
  try {
    return { ...rest, ...JSON.parse(new TextDecoder().decode(await unseal(row.owner, sealed))) };
  } catch (reason) {
    if (!(reason instanceof DOMException)) throw reason;
    return { ...rest, state: "unreadable", entries: [], label: _("无法读取的内容"), words: _("密钥已更换，请删除后重新填写") };
  }
}

/** Everything of a person that waits, oldest first. Files stand as {file, name, type, size}: see `fileOf`. */
export async function all(owner) {
  const rows = (await run("outbox", "readonly", (store) => store.getAll())).filter((row) => row.owner === owner && row.sealed);
  return Promise.all(rows.map(opened));
}

/** Whose contents wait, and in which state, without opening any. */
export const rows = () => run("outbox", "readonly", (store) => store.getAll());

/** Keeps a changed item. */
export async function save(item) {
  const row = await closed(item);
  return run("outbox", "readwrite", (store) => store.put(row));
}

/** Forgets an item; its files too, unless they may be wanted back. */
export async function drop(item, { files = true } = {}) {
  await run("outbox", "readwrite", (store) => store.delete(item.order));
  if (files) await run("files", "readwrite", (store) => store.delete(IDBKeyRange.bound(`${item.key}/`, `${item.key}/\uffff`)));
}

/** The file behind a mark of an item's entries. */
export async function fileOf(item, mark) {
  const kept = await run("files", "readonly", (store) => store.get(`${item.key}/${mark.file}`));
  if (!kept) throw new Error(_("附件已不在本机，请重新拍摄"));
  return new File([await unseal(item.owner, kept)], mark.name, { type: mark.type });
}

/**
 * Adds a submission. @param {{url: string, label: string, owner: string, entries: [string, string|File][]}} item
 * @returns {Promise<object>} the item with its idempotency key and time   @throws RangeError when 200 MB already wait
 */
export const add = (item) => alone(() => adding(item));

async function adding(item) {
  const size = item.entries.reduce((sum, [, value]) => sum + (value instanceof Blob ? value.size : String(value).length), 0);
  const waiting = (await rows()).reduce((sum, one) => sum + (one.size || 0), 0);
  if (waiting + size > CAP) throw new RangeError("outbox full");
  const made = { ...item, key: item.key || uuid(), at: new Date().toISOString(), state: "waiting", tries: 0, size, entries: [] };
  for (const [name, value] of item.entries) {
    if (!(value instanceof Blob)) {
      made.entries.push([name, value]);
      continue;
    }
    const file = made.entries.length;
    const kept = await seal(item.owner, await value.arrayBuffer());
    await run("files", "readwrite", (store) => store.put(kept, `${made.key}/${file}`));
    made.entries.push([name, { file, name: value.name || "file", type: value.type, size: value.size, upload: uuid() }]);
  }
  const row = await closed(made);
  made.order = await run("outbox", "readwrite", (store) => store.add(row));
  return made;
}

/** Begins for a person: has the key ready for when there is no network, forgets the keys of everybody else and files of nothing. */
export async function begin(owner) {
  const known = await run("keys", "readonly", (store) => store.getAllKeys());
  for (const other of known) if (owner && other && other !== owner) await run("keys", "readwrite", (store) => store.delete(other));
  await alone(async () => {
    const held = new Set((await rows()).map((row) => row.key));
    const files = await run("files", "readonly", (store) => store.getAllKeys());
    for (const name of files) if (!held.has(name.split("/")[0])) await run("files", "readwrite", (store) => store.delete(name));
  });
  await keyOf(owner);
}

/** Forgets a person: key and contents, for good. */
export async function wipe(owner) {
  for (const row of await rows()) if (row.owner === owner) await drop(row);
  keys.delete(owner);
  await run("keys", "readwrite", (store) => store.delete(owner));
}
