// The small behaviours of a page, by delegation on data-* attributes (the policy forbids inline handlers).
import { _, position, toast } from "gz/core";

const YEAR = 31536000;

function keep(name, value) {
  document.cookie = `gz_${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
  const resolved = value === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : value;
  document.documentElement.dataset[name] = resolved;
  document.dispatchEvent(new CustomEvent("gz:appearance", { detail: { name, value: resolved } }));
}

function toggleRail(button) {
  const target = document.getElementById(button.dataset.toggle);
  const open = target.classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(open));
  if (open) target.querySelector("a, summary")?.focus();
}

function openForm(id) {
  const form = document.getElementById(id);
  if (!form) return false;
  const wasOpen = !form.hidden;
  for (const other of form.parentElement.querySelectorAll(".move-form")) other.hidden = true;
  form.hidden = wasOpen;
  for (const button of form.parentElement.querySelectorAll("[data-open]")) {
    button.setAttribute("aria-expanded", String(button.dataset.open === id && !wasOpen));
  }
  if (!wasOpen) form.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
  return true;
}

function countPicked(form) {
  const picked = form.querySelectorAll("tbody input[name=id]:checked");
  const bar = form.querySelector("[data-bulk]");
  for (const row of form.querySelectorAll("tbody tr")) {
    row.setAttribute("aria-selected", String(Boolean(row.querySelector("input[name=id]:checked"))));
  }
  if (!bar) return;
  bar.hidden = picked.length === 0;
  bar.querySelector("[data-bulk-count]").textContent = picked.length;
}

function zoom(link) {
  const dialog = document.createElement("dialog");
  const image = document.createElement("img");
  image.src = link.href;
  image.alt = link.querySelector("img")?.alt || "";
  dialog.append(image);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Writes where this device is into the box beside the button; the map, where there is one, follows the box. */
async function locate(button, quiet = false) {
  const box = button.closest(".field, form, body").querySelector("[data-map-value]");
  button.disabled = true;
  try {
    const { lon, lat } = await position();
    if (quiet && box.value) return;
    box.value = `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
    for (const name of ["input", "change"]) box.dispatchEvent(new Event(name, { bubbles: true }));
  } catch (reason) {
    if (!quiet) toast(reason.message, { error: true });
  } finally {
    button.disabled = false;
  }
}

/** In the street the place is nearly always here: where positions are already allowed nobody has to press a button for it. */
async function locateEarly() {
  const buttons = [...document.querySelectorAll("form[data-outbox] [data-locate]")];
  if (!buttons.length) return;
  const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  if (allowed?.state !== "granted") return;
  for (const button of buttons) {
    const box = button.closest(".field, form, body").querySelector("[data-map-value]");
    if (box && !box.value && !box.closest(".move-form")) locate(button, true);
  }
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const set = at("[data-set]");
  if (set) return keep(...set.dataset.set.split(":"));
  const language = at("[data-language]");
  if (language) {
    document.cookie = `django_language=${language.dataset.language}; path=/; max-age=${YEAR}; samesite=lax`;
    return location.reload();
  }
  const toggle = at("[data-toggle]");
  if (toggle) return toggleRail(toggle);
  const open = at("[data-open]");
  if (open && openForm(open.dataset.open)) return event.preventDefault();
  const close = at("[data-close]");
  if (close && openForm(close.dataset.close)) return event.preventDefault();
  const here = at("[data-locate]");
  if (here) return locate(here);
  const photo = at("[data-zoom]");
  if (photo && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    return zoom(photo);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
  document.querySelector(".rail.is-open")?.classList.remove("is-open");
});

// Signing out takes what belongs to the person from this phone: key, what still waits, pages kept for the road.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-signout]");
  if (!form || form.dataset.wiped || !globalThis.crypto?.subtle) return;
  event.preventDefault();
  try {
    const store = await import("gz/store");
    const waiting = (await store.rows()).filter((row) => row.owner === form.dataset.signout).length;
    if (waiting && !confirm(_("本机还有没有提交的内容，退出登录会把它们删除。仍要退出吗？"))) return;
    await store.wipe(form.dataset.signout);
    for (const name of await caches.keys()) if (name.startsWith("gezhi-pages")) await caches.delete(name);
  } catch (reason) {
    console.warn("sign-out", reason); // a browser that keeps nothing has nothing to forget
  }
  form.dataset.wiped = "yes";
  form.submit();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.table-form");
  if (!form) return;
  if (event.target.dataset.pick === "all") {
    for (const box of form.querySelectorAll("tbody input[name=id]")) box.checked = event.target.checked;
  }
  countPicked(form);
});

// A failed fragment says so where the reader looks, with the id to quote; it never fails in silence.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const trace = xhr.getResponseHeader("x-request-id");
  const words = xhr.status === 409 ? _("内容已被他人更新，请刷新后再办") : xhr.status === 403 ? _("没有权限办理") : _("没有成功，请重试");
  toast(trace ? `${words}（${_("编号")} ${trace}）` : words, { error: true });
});
// The menu of applications: what is typed leaves the entries that contain it, Enter opens the first, Escape shows all again.
for (const box of document.querySelectorAll("[data-find]")) {
  const rail = document.getElementById(box.dataset.find);
  const groups = [...rail.querySelectorAll("details")];
  const before = groups.map((group) => group.open);
  box.hidden = groups.length < 6;
  const find = () => {
    const words = box.value.trim().toLowerCase();
    groups.forEach((group, at) => {
      const whole = group.querySelector("summary").textContent.toLowerCase().includes(words);
      for (const link of group.querySelectorAll("a")) link.toggleAttribute("data-miss", !whole && !link.textContent.toLowerCase().includes(words));
      const found = Boolean(group.querySelector("a:not([data-miss])"));
      group.toggleAttribute("data-miss", !found);
      group.open = words ? found : before[at];
    });
  };
  box.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") rail.querySelector("details:not([data-miss]) a:not([data-miss])")?.click();
    if (event.key !== "Escape") return;
    box.value = "";
    find();
  });
  rail.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest" });
}
// A page that no longer hears of changes says so, once the trouble has lasted longer than a blink.
let silence;
document.addEventListener("gz:link", ({ detail }) => {
  const place = document.querySelector("[data-link]");
  clearTimeout(silence);
  if (!place) return;
  if (detail.state === "on") place.textContent = "";
  else silence = setTimeout(() => (place.textContent = place.dataset.link), 4000);
});
document.addEventListener("htmx:sendError", () => toast(_("当前没有网络，请稍后重试"), { error: true }));
document.querySelector("[data-focus]")?.focus();
locateEarly();
