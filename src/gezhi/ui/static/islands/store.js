// What waits on this phone: one IndexedDB store of submissions in the order they were made, photographs as blobs.
import { key } from "gz/core";

const NAME = "gezhi";
const STORE = "outbox";
const CAP = 200_000_000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "order", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

const size = (item) => item.entries.reduce((sum, [, value]) => sum + (value instanceof Blob ? value.size : String(value).length), 0);

/** Everything that waits, oldest first. */
export const all = () => run("readonly", (store) => store.getAll());

/** Keeps a changed item. */
export const save = (item) => run("readwrite", (store) => store.put(item));

/** Forgets an item that was sent or given up. */
export const drop = (order) => run("readwrite", (store) => store.delete(order));

/**
 * Adds a submission. @param {{url: string, method: string, label: string, owner: string, entries: [string, string|Blob][]}} item
 * @returns {Promise<object>} the item with its idempotency key and time   @throws RangeError when 200 MB already wait
 */
export async function add(item) {
  const waiting = (await all()).reduce((sum, one) => sum + size(one), 0);
  if (waiting + size(item) > CAP) throw new RangeError("outbox full");
  const kept = { ...item, key: item.key || key(), at: new Date().toISOString(), state: "waiting", tries: 0 };
  kept.order = await run("readwrite", (store) => store.add(kept));
  return kept;
}
