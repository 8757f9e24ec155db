// gz-outbox: forms marked data-outbox are kept on the phone first and sent when there is a network: once, in order.
// Attributes: worker, scope (service worker), href (page of what waits), list (draws what waits, with conflicts).
// The server answers 2xx (kept or already known by its Idempotency-Key), 409 (changed by another: {current}), 4xx (refused).
// All of it is encrypted for the person who made it (gz/store): nobody else on this phone sees it or sends it. Large files travel in pieces.
import { _, ApiError, define, fill, icon, key as uuid, make, toast, token } from "gz/core";
import { able, add, all, begin, drop, fileOf, save } from "gz/store";
import { LARGE, sendFile } from "gz/pieces";

const RETRY = [5, 15, 60, 300, 900];
const boxes = new Set();
let timer = null;
let failures = 0;
let ready = null;
let under = null; // {order, share}: the item whose files are on their way

const owner = () => document.body.dataset.person || "";
const isFile = (value) => typeof value === "object" && value !== null;

const refresh = async () => {
  if (!able()) return;
  const items = await all(owner()).catch((reason) => (console.warn("outbox", reason), []));
  boxes.forEach((box) => box.draw(items));
};

/** The form of an item; large files are sent ahead in pieces and stand as the ids of their documents. */
async function bodyOf(item) {
  const body = new FormData();
  const ids = new Map();
  const total = item.entries.reduce((sum, [, value]) => sum + (isFile(value) ? value.size : 0), 0);
  let sent = 0;
  for (const [name, value] of item.entries) {
    if (!isFile(value)) {
      body.append(name, value);
      continue;
    }
    if (value.size < LARGE) body.append(name, await fileOf(item, value), value.name);
    else {
      if (!value.document) {
        value.document = await sendFile(await fileOf(item, value), value.upload, (share) => progress(item, (sent + share * value.size) / total));
        await save(item);
      }
      ids.set(name, [...(ids.get(name) || []), value.document]);
    }
    sent += value.size;
  }
  for (const [name, list] of ids) body.append(name, list.join(","));
  return body;
}

function progress(item, share) {
  under = { order: item.order, share };
  boxes.forEach((box) => box.progress());
}

async function post(item) {
  const body = await bodyOf(item);
  body.set("idempotency_key", item.key);
  body.set("made_at", item.at);
  const headers = { "X-CSRFToken": token(), "Idempotency-Key": item.key, Accept: "application/json", "X-Outbox": "1", "X-Outbox-Owner": item.owner };
  return fetch(item.url, { method: "POST", body, headers, credentials: "same-origin", redirect: "follow" });
}

/** What an answer of the server, or its absence, makes of an item; true when the next may follow. */
async function settle(item, status, answer) {
  if (status === 401) await save({ ...item, words: _("请重新登录后继续提交") });
  if (status === 408 || status === 429 || status >= 500) await save({ ...item, tries: item.tries + 1 });
  if (!status || status === 401 || status === 408 || status === 429 || status >= 500) return false;
  const alike = answer?.code === "looks_alike";
  const state = status === 409 && !alike ? "conflict" : "refused";
  const words = answer?.detail || answer?.message || fill(_("系统没有接受（{status}）"), { status });
  await save({ ...item, state, current: answer?.current?.facts ? answer.current : null, labels: answer?.labels || {}, words, alike });
  return true;
}

/** Sends one item; true when the next may follow. Refusals are kept for the reader and do not hold the others up. */
async function send(item) {
  let response;
  try {
    response = await post(item);
  } catch (reason) {
    if (reason instanceof ApiError) return settle(item, reason.status, reason.body);
    if (reason instanceof TypeError) return false;
    await save({ ...item, state: "refused", words: reason.message });
    return true;
  } finally {
    under = null;
  }
  const answer = (response.headers.get("content-type") || "").includes("json") ? await response.json() : {};
  if (response.redirected && /login|signin/.test(response.url)) return settle(item, 401, answer);
  if (!response.ok) return settle(item, response.status, answer);
  await drop(item);
  document.dispatchEvent(new CustomEvent("gz:sent", { detail: { item, answer } }));
  return true;
}

async function flush() {
  clearTimeout(timer);
  if (!able()) return;
  const work = async () => {
    for (const item of await all(owner())) {
      if (item.state !== "waiting") continue;
      if (!(await send(item))) return false;
    }
    return true;
  };
  // Two open pages of one phone must not send the same thing at once.
  const done = await (navigator.locks ? navigator.locks.request("gezhi-outbox", work) : work()).catch((reason) => (console.warn("outbox", reason), false));
  failures = done ? 0 : failures + 1;
  if (!done) timer = setTimeout(flush, RETRY[Math.min(failures - 1, RETRY.length - 1)] * 1000);
  await refresh();
}

async function take(form, submitter) {
  if (form.querySelector("[data-busy]")) return toast(_("照片还在处理，请稍候再提交"));
  const data = new FormData(form, submitter);
  const entries = [...data.entries()].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
  const item = { url: form.action, label: form.dataset.label || document.title, owner: owner(), entries, key: data.get("idempotency_key") || undefined };
  let made;
  try {
    made = await add(item);
  } catch (reason) {
    return toast(reason instanceof RangeError ? _("本机等待提交的内容已满 200 MB，请先联网提交") : _("本机存储不可用，请联网后提交"), { error: true });
  }
  const sent = new Promise((resolve) => document.addEventListener("gz:sent", (event) => event.detail.item.key === made.key && resolve(event.detail.answer)));
  await flush();
  const left = (await all(owner())).find((one) => one.key === made.key);
  const href = document.querySelector("gz-outbox[href]")?.getAttribute("href");
  // What the server does not accept while the form still stands here is mended here.
  if (left?.state === "refused" || (left?.state === "conflict" && !href)) {
    await drop(left);
    await refresh();
    return complain(form, left.words, left.alike);
  }
  form.reset();
  if (left?.state === "conflict") return location.assign(href);
  if (left) toast(_("没有网络，已保存在本机，联网后自动提交"));
  const answer = left ? null : await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 500))]);
  const next = answer?.url || form.dataset.next;
  if (next) location.assign(next);
}

function complain(form, words, alike) {
  form.querySelector(".error-summary")?.remove();
  const summary = make("div", { class: "error-summary", role: "alert", tabindex: "-1" }, ...words.split("；").map((one) => make("p", {}, one)));
  if (alike) summary.append(make("label", { class: "choice" }, make("input", { type: "checkbox", name: "sure", value: "1" }), _("已核对，不是同一条，仍然新增")));
  form.prepend(summary);
  summary.scrollIntoView({ block: "center" });
  summary.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-outbox]");
  if (!form || !able()) return; // where nothing can be kept safely, the form goes straight to the server
  event.preventDefault();
  take(form, event.submitter);
});

window.addEventListener("online", flush);

/** The scripts and sheets that pages need without a network; what only walls and charts need stays away. */
function files() {
  const map = JSON.parse(document.querySelector("script[type=importmap]")?.textContent || "{}").imports || {};
  const modules = Object.entries(map).filter(([name]) => !/echarts|chart|wall|bubbles/.test(name)).map(([, url]) => url);
  const { worker, mapCss, icons } = document.documentElement.dataset;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name)).filter((url) => url.origin === location.origin && /^\/(static|jsi18n)\//.test(url.pathname));
  const site = JSON.parse(document.getElementById("gz-site-map")?.textContent || "{}");
  const ground = (site.ground || []).map(({ url }) => url);
  return [...new Set([...modules, worker, mapCss, icons, ...ground, ...loaded.map((url) => url.pathname + url.search)])].filter(Boolean);
}

class Outbox extends HTMLElement {
  connectedCallback() {
    boxes.add(this);
    this.net = () => refresh();
    window.addEventListener("offline", this.net);
    window.addEventListener("online", this.net);
    const worker = this.getAttribute("worker");
    ready ??= able() ? begin(owner()).catch((reason) => console.warn("outbox", reason)) : Promise.resolve();
    ready.then(flush);
    if (worker && navigator.serviceWorker) ready.then(() => this.register(worker)); // its pages are sealed with the key
  }

  async register(worker) {
    try {
      await navigator.serviceWorker.register(worker, { scope: this.getAttribute("scope") || undefined });
      const { active } = await navigator.serviceWorker.ready;
      active.postMessage({ person: owner(), files: files(), urls: (this.getAttribute("keep") || "").split(/\s+/).filter(Boolean) });
    } catch (reason) {
      console.warn("service worker", reason);
    }
  }

  disconnectedCallback() {
    boxes.delete(this);
    window.removeEventListener("offline", this.net);
    window.removeEventListener("online", this.net);
  }

  draw(items) {
    if (this.hasAttribute("list")) return this.drawList(items);
    const held = items.filter((item) => item.state !== "waiting").length;
    const waiting = items.length - held;
    const parts = [];
    if (!navigator.onLine) parts.push(icon("wifi-off"), make("span", {}, _("没有网络，可以继续填写")));
    if (waiting) parts.push(icon("cloud-upload"), make("span", {}, fill(_("{waiting} 条等待提交"), { waiting })), make("span", { "data-progress": true }));
    if (held) parts.push(icon("git-fork"), make("span", {}, fill(_("{held} 条需要处理"), { held })));
    const href = this.getAttribute("href");
    if (items.length && href) parts.push(make("a", { href, class: "push" }, _("查看")));
    this.replaceChildren(...(parts.length ? [make("div", { class: "banner", role: "status" }, ...parts)] : []));
    this.progress();
  }

  progress() {
    if (!under) return;
    const at = this.querySelector("[data-progress]");
    if (at) at.textContent = fill(_("已传 {percent}%"), { percent: Math.floor(under.share * 100) });
    const bar = this.querySelector(`progress[data-order="${under.order}"]`);
    if (bar) Object.assign(bar, { hidden: false, value: under.share });
  }

  drawList(items) {
    if (!items.length) {
      return this.replaceChildren(make("div", { class: "state" }, icon("checks"), make("h3", {}, _("没有等待提交的内容")), make("p", {}, _("在没有网络时填写的内容会先放在这里。"))));
    }
    this.replaceChildren(...items.map((item) => this.card(item)));
  }

  card(item) {
    const words = { waiting: _("等待提交"), conflict: _("与他人的更新冲突"), refused: _("系统没有接受"), unreadable: _("无法读取") }[item.state];
    const photos = item.entries.filter(([, value]) => isFile(value)).length;
    const head = make("div", { class: "row" }, make("strong", {}, item.label), make("span", { class: "chip push" }, words));
    const facts = make("p", { class: "muted" }, new Date(item.at).toLocaleString(), photos ? ` · ${fill(_("{photos} 个附件"), { photos })}` : "", item.words ? ` · ${item.words}` : "");
    const bar = make("progress", { max: 1, hidden: true, "data-order": item.order, "aria-label": _("上传进度") });
    const again = item.state === "unreadable" ? null : make("button", { class: "btn", type: "button", onclick: () => this.retry(item) }, icon("refresh"), item.state === "conflict" ? _("用我的") : item.alike ? _("已核对，仍然新增") : _("再次提交"));
    const give = make("button", { class: "btn btn-danger", type: "button", onclick: () => this.give(item) }, icon("trash"), item.state === "conflict" ? _("用现有的，删除我填写的") : _("删除这条未提交的内容"));
    return make("section", { class: "phone-card" }, head, facts, bar, item.state === "conflict" ? this.compare(item) : null, make("div", { class: "row" }, again, give));
  }

  compare(item) {
    const list = (rows) => make("dl", { class: "fields" }, ...rows.map(([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value))));
    const mine = item.entries.filter(([name, value]) => !isFile(value) && name in (item.labels || {}) && value);
    const left = make("div", {}, make("h3", {}, _("我填写的")), list(mine.map(([name, value]) => [item.labels[name], value])));
    const now = (item.current?.facts || []).map((fact) => [fact.label, fact.value]);
    const right = make("div", { class: "differs" }, make("h3", {}, _("系统现有的")), list(now));
    return make("div", { class: "side-by-side" }, left, right);
  }

  async retry(item) {
    // Files are sent anew: what they had become on the server may be gone by now.
    const fresh = (name, value) => (isFile(value) ? { ...value, document: undefined, upload: uuid() } : name === "version" && item.current?.version !== undefined ? String(item.current.version) : value);
    const entries = item.entries.map(([name, value]) => [name, fresh(name, value)]);
    if (item.alike) entries.push(["sure", "1"]); // who sends it again has read what it looks like
    await save({ ...item, entries, alike: false, state: "waiting", words: "" });
    await flush();
  }

  async give(item) {
    await drop(item, { files: false }); // they go with the next opening of a page, if the reader does not take this back
    await refresh();
    toast(fill(_("已删除“{label}”"), { label: item.label }), { undo: () => save(item).then(refresh) });
  }
}

define("gz-outbox", Outbox);
