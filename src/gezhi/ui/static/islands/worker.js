// The service worker of the phone: pages once seen open without a network, static files come from the phone.
// It never sends anything: what waits is sent by the page (gz-outbox), which every browser can do.
const PAGES = `gezhi-pages:${self.SCOPE}`;
const FILES = "gezhi-files";
const MOST_FILES = 400;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function trim() {
  const cache = await caches.open(FILES);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_FILES)).map((key) => cache.delete(key)));
}

// -- what is kept of a person: pages and small pictures, sealed with the key of gz/store -----------------------------
const MARK = new Request(`${self.SCOPE}__person`);
const FRESH = 10 * 60 * 1000;
const OLD = 7 * 24 * 3600 * 1000;
const text = new TextEncoder();
const PICTURE = /\/documents\/\d+\/(?:small|large)(?:\?[^"'\s]*)?/g;

// Only `belong` begins the cache: what is still under way when somebody signs out must not begin it again.
const pages = async () => ((await caches.has(PAGES)) ? caches.open(PAGES) : null);

async function owner() {
  const known = await (await pages())?.match(MARK);
  return known ? known.text() : null;
}

/** The person's key, made by the page; null while there is none (no https, or nobody signed in yet). */
function keyOf(person) {
  return new Promise((resolve) => {
    const request = indexedDB.open("gezhi", 2);
    request.onupgradeneeded = () => request.transaction.abort(); // the page makes the store, never this
    request.onerror = () => resolve(null);
    request.onsuccess = () => {
      const base = request.result;
      const found = base.transaction("keys").objectStore("keys").get(person);
      found.onsuccess = () => (base.close(), resolve(found.result || null));
      found.onerror = () => (base.close(), resolve(null));
    };
  });
}

const bound = (url) => text.encode(new URL(url, self.location.href).pathname);

async function put(url, answer) {
  const person = await owner();
  const key = person === null ? null : await keyOf(person);
  if (!key) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(url) }, key, await answer.arrayBuffer());
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  headers.set("x-kept-iv", [...iv].join(","));
  headers.set("x-kept-at", String(Date.now()));
  await (await pages())?.put(url, new Response(data, { status: 200, headers }));
}

async function take(url) {
  const kept = await (await pages())?.match(url);
  const person = kept ? await owner() : null;
  const key = person === null ? null : await keyOf(person);
  if (!key || !kept.headers.has("x-kept-iv")) return undefined;
  const iv = Uint8Array.from(kept.headers.get("x-kept-iv").split(","), Number);
  try {
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: bound(url) }, key, await kept.arrayBuffer());
    return new Response(data, { status: 200, headers: kept.headers });
  } catch {
    return undefined; // sealed by somebody else's key: as good as not there
  }
}

// Another person on the same phone must not see the pages of the one before; and nothing is kept for ever.
async function belong(person) {
  const before = await owner();
  if (before !== null && before !== person) await caches.delete(PAGES);
  const cache = await caches.open(PAGES);
  await cache.put(MARK, new Response(person));
  for (const request of await cache.keys()) {
    const at = Number((await cache.match(request)).headers.get("x-kept-at") || Date.now());
    if (Date.now() - at > OLD) await cache.delete(request);
  }
}

async function keep(urls) {
  const pictures = new Set();
  for (const url of urls) {
    const kept = await (await pages())?.match(url);
    if (kept && Date.now() - Number(kept.headers.get("x-kept-at")) < FRESH) continue;
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) continue;
      for (const [found] of (await answer.clone().text()).matchAll(PICTURE)) pictures.add(found.replaceAll("&amp;", "&"));
      await put(url, answer);
    } catch {
      return;
    }
  }
  for (const url of pictures) await picture(new Request(url)).catch(() => {});
}

// What the first page loaded before this worker ruled it, and what other pages will ask for.
async function stock(urls) {
  const cache = await caches.open(FILES);
  for (const url of urls) {
    try {
      if (!(await cache.match(url))) await cache.add(url);
    } catch {
      return;
    }
  }
}

self.addEventListener("message", (event) => {
  const { person, urls, files } = event.data || {};
  event.waitUntil(belong(person || "").then(() => stock(files || [])).then(() => keep(urls || [])));
});

async function page(event) {
  const { request } = event;
  try {
    const answer = await fetch(request);
    // What somebody looked for by name is not kept: its address would tell it.
    if (answer.ok && !answer.redirected && !/[?&]q=/.test(request.url)) event.waitUntil(put(request.url, answer.clone()));
    return answer;
  } catch {
    return (await take(request.url)) || (await take(`${self.SCOPE}offline/`)) || (await take(self.SCOPE)) || Response.error();
  }
}

// Small pictures of pages that were seen, kept and forgotten with the pages.
async function picture(request) {
  const { pathname } = new URL(request.url); // a pass in the address changes from page to page, the picture does not
  const kept = await take(pathname);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await put(pathname, answer.clone());
  return answer;
}

async function file(request) {
  const cache = await caches.open(FILES);
  const kept = await cache.match(request);
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  });
  if (!kept) return fresh;
  fresh.then(trim).catch(() => {});
  return kept;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/") || url.pathname.includes("/ground/") || url.pathname.startsWith("/jsi18n/")) event.respondWith(file(request));
  else if (/^\/documents\/\d+\/(small|large)$/.test(url.pathname)) event.respondWith(picture(request));
  else if (request.mode === "navigate" && url.pathname.startsWith(self.SCOPE)) event.respondWith(page(event));
});
