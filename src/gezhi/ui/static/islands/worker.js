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

// Another person on the same phone must not see the pages of the one before.
async function belong(person) {
  const cache = await caches.open(PAGES);
  const mark = new Request(`${self.SCOPE}__person`);
  const known = await cache.match(mark);
  const before = known ? await known.text() : null;
  if (before !== null && before !== person) await caches.delete(PAGES);
  await (await caches.open(PAGES)).put(mark, new Response(person));
}

async function keep(urls) {
  const cache = await caches.open(PAGES);
  for (const url of urls) {
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) await cache.put(url, answer);
    } catch {
      return;
    }
  }
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

async function page(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    return answer;
  } catch {
    const kept = await cache.match(request.url, { ignoreSearch: false });
    return kept || (await cache.match(`${self.SCOPE}outbox/`)) || (await cache.match(self.SCOPE)) || Response.error();
  }
}

// Small pictures of pages that were seen, kept and forgotten with the pages.
async function picture(request) {
  const cache = await caches.open(PAGES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
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
  else if (request.mode === "navigate" && url.pathname.startsWith(self.SCOPE)) event.respondWith(page(request));
});
