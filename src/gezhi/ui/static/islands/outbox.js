// gz-outbox: forms marked data-outbox are kept on the phone first and sent when there is a network: once, in order.
// Attributes: worker, scope (service worker), href (page of what waits), list (draws what waits, with conflicts).
// The server answers 2xx (kept or already known by its Idempotency-Key), 409 (changed by another: {current}), 4xx (refused).
import { _, define, fill, icon, make, toast, token } from "gz/core";
import { add, all, drop, save } from "gz/store";

const RETRY = [5, 15, 60, 300, 900];
const boxes = new Set();
let timer = null;
let failures = 0;

const owner = () => document.body.dataset.person || "";
const refresh = async () => {
  const items = (await all()).filter((item) => item.owner === owner());
  boxes.forEach((box) => box.draw(items));
};

async function post(item) {
  const body = new FormData();
  for (const [name, value] of item.entries) body.append(name, value, ...(value instanceof File ? [value.name] : []));
  body.set("idempotency_key", item.key);
  body.set("made_at", item.at);
  const headers = { "X-CSRFToken": token(), "Idempotency-Key": item.key, Accept: "application/json", "X-Outbox": "1" };
  return fetch(item.url, { method: "POST", body, headers, credentials: "same-origin", redirect: "follow" });
}

/** Sends one item; true when the next may follow. Refusals are kept for the reader and do not hold the others up. */
async function send(item) {
  let response;
  try {
    response = await post(item);
  } catch {
    return false;
  }
  const answer = (response.headers.get("content-type") || "").includes("json") ? await response.json() : {};
  if (response.status === 401 || (response.redirected && /login|signin/.test(response.url))) {
    await save({ ...item, state: "waiting", words: _("请重新登录后继续提交") });
    return false;
  }
  if (response.ok) {
    await drop(item.order);
    document.dispatchEvent(new CustomEvent("gz:sent", { detail: { item, answer } }));
    return true;
  }
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    await save({ ...item, tries: item.tries + 1 });
    return false;
  }
  const state = response.status === 409 ? "conflict" : "refused";
  await save({ ...item, state, current: answer.current || null, labels: answer.labels || {}, words: answer.detail || fill(_("系统没有接受（{status}）"), { status: response.status }) });
  return true;
}

async function flush() {
  clearTimeout(timer);
  const work = async () => {
    for (const item of await all()) {
      if (item.state !== "waiting" || item.owner !== owner()) continue;
      if (!(await send(item))) return false;
    }
    return true;
  };
  // Two open pages of one phone must not send the same thing at once.
  const done = await (navigator.locks ? navigator.locks.request("gezhi-outbox", work) : work());
  failures = done ? 0 : failures + 1;
  if (!done) timer = setTimeout(flush, RETRY[Math.min(failures - 1, RETRY.length - 1)] * 1000);
  await refresh();
}

async function take(form, submitter) {
  const data = new FormData(form, submitter);
  const entries = [...data.entries()].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
  const item = { url: form.action, method: "POST", label: form.dataset.label || document.title, owner: owner(), entries, key: data.get("idempotency_key") || undefined };
  try {
    await add(item);
  } catch (reason) {
    return toast(reason instanceof RangeError ? _("本机等待提交的内容已满 200 MB，请先联网提交") : _("本机存储不可用，请联网后提交"), { error: true });
  }
  form.reset();
  const sent = new Promise((resolve) => document.addEventListener("gz:sent", (event) => resolve(event.detail.answer), { once: true }));
  await flush();
  const waiting = (await all()).some((one) => one.state === "waiting");
  if (waiting) toast(_("没有网络，已保存在本机，联网后自动提交"));
  const answer = waiting ? null : await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 500))]);
  const next = (answer && answer.url) || form.dataset.next;
  if (next && (answer || waiting)) location.assign(next);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-outbox]");
  if (!form) return;
  event.preventDefault();
  take(form, event.submitter);
});
window.addEventListener("online", flush);

class Outbox extends HTMLElement {
  connectedCallback() {
    boxes.add(this);
    this.net = () => refresh();
    window.addEventListener("offline", this.net);
    window.addEventListener("online", this.net);
    const worker = this.getAttribute("worker");
    if (worker && navigator.serviceWorker) this.register(worker);
    flush();
  }

  async register(worker) {
    try {
      await navigator.serviceWorker.register(worker, { scope: this.getAttribute("scope") || undefined });
      const { active } = await navigator.serviceWorker.ready;
      active.postMessage({ person: owner(), urls: (this.getAttribute("keep") || "").split(/\s+/).filter(Boolean) });
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
    if (waiting) parts.push(icon("cloud-upload"), make("span", {}, fill(_("{waiting} 条等待提交"), { waiting })));
    if (held) parts.push(icon("git-fork"), make("span", {}, fill(_("{held} 条需要处理"), { held })));
    const href = this.getAttribute("href");
    if (items.length && href) parts.push(make("a", { href, class: "push" }, _("查看")));
    this.replaceChildren(...(parts.length ? [make("div", { class: "banner", role: "status" }, ...parts)] : []));
  }

  drawList(items) {
    if (!items.length) {
      return this.replaceChildren(make("div", { class: "state" }, icon("checks"), make("h3", {}, _("没有等待提交的内容")), make("p", {}, _("在没有网络时填写的内容会先放在这里。"))));
    }
    this.replaceChildren(...items.map((item) => this.card(item)));
  }

  card(item) {
    const words = { waiting: _("等待提交"), conflict: _("与他人的更新冲突"), refused: _("系统没有接受") }[item.state];
    const photos = item.entries.filter(([, value]) => value instanceof Blob).length;
    const head = make("div", { class: "row" }, make("strong", {}, item.label), make("span", { class: "chip push" }, words));
    const facts = make("p", { class: "muted" }, new Date(item.at).toLocaleString(), photos ? ` · ${fill(_("{photos} 个附件"), { photos })}` : "", item.words ? ` · ${item.words}` : "");
    const again = make("button", { class: "btn", type: "button", onclick: () => this.retry(item) }, icon("refresh"), item.state === "conflict" ? _("用我的") : _("再次提交"));
    const give = make("button", { class: "btn btn-danger", type: "button", onclick: () => this.give(item) }, icon("trash"), item.state === "conflict" ? _("用现有的，删除我填写的") : _("删除这条未提交的内容"));
    return make("section", { class: "phone-card" }, head, facts, item.state === "conflict" ? this.compare(item) : null, make("div", { class: "row" }, again, give));
  }

  compare(item) {
    const list = (rows) => make("dl", { class: "fields" }, ...rows.map(([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value))));
    const mine = item.entries.filter(([name, value]) => !(value instanceof Blob) && name in (item.labels || {}) && value);
    const left = make("div", {}, make("h3", {}, _("我填写的")), list(mine.map(([name, value]) => [item.labels[name], value])));
    const now = (item.current?.facts || []).map((fact) => [fact.label, fact.value]);
    const right = make("div", { class: "differs" }, make("h3", {}, _("系统现有的")), list(now));
    return make("div", { class: "side-by-side" }, left, right);
  }

  async retry(item) {
    const entries = item.current?.version === undefined ? item.entries : item.entries.map(([name, value]) => [name, name === "version" ? String(item.current.version) : value]);
    await save({ ...item, entries, state: "waiting", words: "" });
    await flush();
  }

  async give(item) {
    await drop(item.order);
    await refresh();
    toast(fill(_("已删除“{label}”"), { label: item.label }), { undo: () => save(item).then(refresh) });
  }
}

define("gz-outbox", Outbox);
