// gz-spot: a page of work on the spot. It finds where the person stands, says how far the place is (attributes lon, lat, radius in
// metres), asks for the reason when that is too far, and says what is still missing before the one button sends.
// gz-nearest: a list in order of nearness. gz-near: how far a place is, in a list, when the person has already allowed positions.
import { _, define, duration, fill, make, position, toast } from "gz/core";
import { able, all } from "gz/store";

const EARTH = 6371008.8;
const RADIAN = Math.PI / 180;

/** Metres between two places {lon, lat} (haversine). */
export function metres(a, b) {
  const up = Math.sin(((b.lat - a.lat) * RADIAN) / 2) ** 2;
  const along = Math.cos(a.lat * RADIAN) * Math.cos(b.lat * RADIAN) * Math.sin(((b.lon - a.lon) * RADIAN) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(up + along));
}

const far = (distance) => (distance < 1000 ? fill(_("{n} 米"), { n: Math.round(distance) }) : fill(_("{n} 公里"), { n: (distance / 1000).toFixed(1) }));
const placeOf = (element) => {
  const [lon, lat] = ["lon", "lat"].map((name) => Number.parseFloat(element.getAttribute(name)));
  return Number.isFinite(lon) && Number.isFinite(lat) ? { lon, lat } : null;
};
const point = ({ lon, lat }) => ({ type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } }] });

class Spot extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.place = placeOf(this);
    this.radius = Number(this.getAttribute("radius")) || Infinity;
    this.box = this.querySelector("[data-map-value]");
    this.words = this.querySelector("[data-where]");
    this.reason = this.querySelector("[data-far]");
    this.form.noValidate = true; // what is missing is said here, in the order of the page
    this.addEventListener("submit", (event) => this.check(event), true);
    for (const name of ["input", "change", "gz:files"]) this.addEventListener(name, () => this.tell());
    this.querySelector("[data-here]")?.addEventListener("click", () => this.find(true));
    this.querySelector("[data-by-hand]")?.addEventListener("click", () => this.byHand());
    this.box?.addEventListener("change", () => this.measure());
    this.addEventListener("gz:ready", () => this.measure()); // the map came after the position
    const way = this.querySelector("[data-way]");
    if (way && this.place && /iPhone|iPad/.test(navigator.userAgent)) way.href = `maps://?daddr=${this.place.lat},${this.place.lon}`;
    this.find(false);
    this.tell();
    this.waiting();
  }

  async find(asked) {
    if (!this.words) return;
    this.words.textContent = _("正在定位…");
    try {
      this.here = await position({ timeout: 15000 });
      if (this.box) {
        this.box.value = `${this.here.lon.toFixed(6)}, ${this.here.lat.toFixed(6)}`;
        this.box.dispatchEvent(new Event("input", { bubbles: true }));
      }
      this.measure();
    } catch (reason) {
      this.words.textContent = this.box ? reason.message : _("没有定位，无法计算距离");
      this.classList.add("is-lost");
      if (asked) toast(reason.message, { error: true });
    }
  }

  /** Without a position the place is picked on the map; the picture and the history say so by their own position. */
  async byHand() {
    const map = this.querySelector("gz-map");
    const { picker } = await import("gz/draw");
    if (map?.map && !map.dataset.pick) {
      map.scrollIntoView({ block: "center" });
      map.dataset.pick = "point";
      picker(map, "point");
      toast(_("请在地图上点一下您所在的位置"));
    }
  }

  measure() {
    const [lon, lat] = (this.box ? this.box.value : "").split(/[,，\s]+/).map(Number);
    const here = Number.isFinite(lon) && Number.isFinite(lat) ? { lon, lat } : this.box ? null : this.here;
    if (!here) return;
    this.classList.remove("is-lost");
    this.querySelector("gz-map")?.data?.("me", point(here));
    const distance = this.place ? metres(here, this.place) : null;
    const away = distance !== null && distance > this.radius;
    const sure = this.here ? fill(_("，定位误差约 {n} 米"), { n: Math.round(this.here.accuracy) }) : "";
    if (distance === null) this.words.textContent = _("已定位；该事项没有登记位置") + sure;
    else if (away) this.words.textContent = fill(_("距事发点 {far}，超过 {most} 米，请走近后提交"), { far: far(distance), most: this.radius }) + sure;
    else this.words.textContent = fill(_("距事发点 {far}"), { far: far(distance) }) + sure;
    this.classList.toggle("is-far", away);
    this.classList.toggle("is-near", distance !== null && !away && this.radius !== Infinity);
    if (this.reason) {
      this.reason.hidden = !away;
      for (const input of this.reason.querySelectorAll("input, textarea")) input.required = away;
    }
    this.tell();
  }

  /** Parts of the page that still lack something, in order. */
  missing() {
    const parts = [...this.form.querySelectorAll("[required]")].filter((input) => !input.checkValidity()).map((input) => input.closest("[data-part]"));
    return [...new Set(parts.filter(Boolean))];
  }

  tell() {
    const at = this.querySelector("[data-missing]");
    if (!at) return;
    const names = this.missing().map((part) => part.dataset.part);
    for (const part of this.querySelectorAll(".is-missing")) part.classList.toggle("is-missing", names.includes(part.dataset.part));
    at.textContent = names.length ? fill(_("还差：{names}"), { names: names.join(_("、")) }) : _("已填齐，可以提交");
  }

  check(event) {
    const [first] = this.missing();
    if (event.target !== this.form || !first) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.tell();
    first.scrollIntoView({ block: "center", behavior: "smooth" });
    first.classList.add("is-missing");
    first.querySelector("textarea, select, input:not([type=file]):not([data-map-value])")?.focus({ preventScroll: true });
  }

  /** What was already filled in here and waits for a network is not asked for a second time. */
  async waiting() {
    if (!able()) return;
    const mine = await all(document.body.dataset.person || "").catch(() => []);
    const kept = mine.find((item) => item.url === this.form.action && item.state === "waiting");
    if (!kept) return;
    const ago = duration(Date.now() - Date.parse(kept.at));
    this.form.replaceWith(make("section", { class: "card strong", role: "status" }, fill(_("您已在 {ago}前填写，正等待提交。"), { ago })));
  }
}

class Near extends HTMLElement {
  async connectedCallback() {
    const place = placeOf(this);
    const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (!place || allowed?.state !== "granted") return;
    const here = await position({ timeout: 8000 }).catch(() => null);
    if (here) this.textContent = far(metres(here, place));
  }
}

/** A list put in order of nearness on the phone itself; what has no place stands last, in the order of its deadline. */
class Nearest extends HTMLElement {
  async connectedCallback() {
    const words = this.querySelector("[role=status]");
    const list = this.querySelector("ol.queue");
    if (!list) return words.remove();
    try {
      const here = await position({ timeout: 12000 });
      const rows = [...list.children].map((row) => {
        const place = placeOf(row.querySelector("gz-near") || document.createElement("i"));
        return { row, away: place ? metres(here, place) : Infinity };
      });
      list.append(...rows.sort((a, b) => a.away - b.away).map(({ row }) => row));
      for (const { row, away } of rows) if (away < Infinity) row.querySelector("gz-near").textContent = far(away);
      words.textContent = fill(_("由近到远，定位误差约 {n} 米"), { n: Math.round(here.accuracy) });
    } catch {
      words.textContent = _("没有定位，仍按时限排列；允许定位后可由近到远。");
    }
  }
}

define("gz-spot", Spot);
define("gz-nearest", Nearest);
define("gz-near", Near);
