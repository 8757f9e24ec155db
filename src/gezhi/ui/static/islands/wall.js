// gz-wall: the situation board. Props {data, urls: {data, shapes}, keep}. Draws what the server says and asks again when
// something happens (at most once in 700 ms) or half a minute has passed; it drills by map, breadcrumb or ranking, and everything follows.
// It never reloads the page: what fails is asked again, later and later, while the last picture stays with its time.
import { _, api, count, define, duration, fill, make, props } from "gz/core";

const QUIET = 30000;
const EAGER = 700;
const RETRY = [2000, 5000, 15000, 30000];

class Wall extends HTMLElement {
  connectedCallback() {
    const { data, urls, keep, zone } = props(this);
    Object.assign(this, { urls, keep, zone, failures: 0, shown: new Map(), outlines: new Map() });
    this.map = this.querySelector("gz-map");
    this.bubbles = this.querySelector("gz-bubbles");
    this.heard = () => this.soon();
    document.addEventListener("gz:event", this.heard);
    this.link = (event) => this.mark("link", event.detail.state === "on" ? _("实时") : _("重新连接中"));
    document.addEventListener("gz:link", this.link);
    this.addEventListener("gz:feature", (event) => this.picked(event));
    this.addEventListener("click", (event) => this.clicked(event));
    this.back = () => this.go(new URL(location.href).searchParams.get("area") || data.root, false);
    window.addEventListener("popstate", this.back);
    this.clock = setInterval(() => this.tick(), 1000);
    this.quiet = setInterval(() => this.soon(), QUIET);
    this.area = data.area;
    this.map.addEventListener("gz:ready", () => this.draw(data));
    if (this.map.dataset.ready) this.draw(data);
    this.figures(data);
    this.tick();
  }

  disconnectedCallback() {
    document.removeEventListener("gz:event", this.heard);
    document.removeEventListener("gz:link", this.link);
    window.removeEventListener("popstate", this.back);
    clearInterval(this.clock);
    clearInterval(this.quiet);
    clearTimeout(this.timer);
  }

  tick() {
    this.mark("clock", new Date().toLocaleString("sv-SE", { timeZone: this.zone })); // the city's time, wherever the screen hangs
    for (const place of this.querySelectorAll("[data-ago]")) {
      const passed = Date.now() - Date.parse(place.dataset.ago);
      place.textContent = passed < 60000 ? _("刚刚") : fill(_("{time}前"), { time: duration(passed) });
    }
  }

  mark(name, words) {
    const place = this.querySelector(`[data-mark="${name}"]`);
    if (place && place.textContent !== words) place.textContent = words;
  }

  soon() {
    if (this.asking) this.again = true; // what happens while we ask may not be in the answer
    if (this.timer || this.asking) return;
    this.timer = setTimeout(() => this.ask(), this.failures ? RETRY[Math.min(this.failures, RETRY.length) - 1] : Math.max(0, EAGER - (Date.now() - (this.askedAt || 0))));
  }

  async ask() {
    const area = this.area;
    this.askedAt = Date.now();
    this.timer = null;
    this.again = false;
    this.asking = true;
    try {
      const data = await api(`${this.urls.data}?area=${area}&${this.keep}`);
      this.asking = false;
      this.failures = 0;
      if (area !== this.area) return void this.soon();
      this.mark("trouble", "");
      this.figures(data);
      this.draw(data);
      if (this.again) this.soon();
    } catch (reason) {
      this.asking = false;
      this.failures += 1;
      this.mark("trouble", reason.status === 401 || reason.status === 403 ? reason.message : fill(_("数据停在 {time}，正在重试"), { time: this.stamp || "" }));
      this.soon();
    }
  }

  figures(data) {
    this.stamp = data.at.slice(11, 19);
    document.querySelector("gz-live")?.setAttribute("src", data.live);
    this.mark("title", data.title);
    this.path(data);
    const known = new Set(data.tiles.map((tile) => tile.key));
    for (const tile of data.tiles) this.tile(tile);
    for (const place of this.querySelectorAll("[data-tile]")) place.hidden = !known.has(place.dataset.tile);
    this.urgent(data.urgent);
    const list = this.querySelector("[data-last]");
    list?.replaceChildren(...data.last.map((item) => make("li", {}, make("time", { "data-ago": item.at }), make(item.url ? "a" : "span", { class: "clip", title: item.title, ...(item.url ? { href: item.url } : {}) }, item.title), make("span", { class: "chip" }, item.state))));
    this.tick();
  }

  /** The lane may wake up after the first figures are drawn: what is urgent then waits for it. */
  async urgent(items) {
    this.raised = items;
    await customElements.whenDefined("gz-bubbles");
    if (this.raised !== items || !this.bubbles) return;
    for (const item of items) this.bubbles.rise({ ...item, ack_url: `${item.ack_url}?${this.keep}` });
    this.bubbles.settle(items.map((item) => item.id));
  }

  path(data) {
    const list = this.querySelector("[data-path]");
    const steps = data.path.filter((step) => step.code.length >= data.root.length);
    list.replaceChildren(...steps.map((step, at) => make("li", {}, make("a", { href: `?area=${step.code}&${this.keep}`, "data-area": step.code, "aria-current": at === steps.length - 1 ? "location" : null }, step.name))));
  }

  tile(tile) {
    const place = this.querySelector(`[data-tile="${tile.key}"]`);
    if (!place) return;
    place.hidden = false;
    place.querySelector(".name").textContent = tile.label;
    if (tile.chart) return void place.querySelector("gz-chart")?.update?.(tile.chart);
    const value = place.querySelector(".value span");
    const words = tile.value === null ? "—" : count(tile.value);
    if (value.textContent !== words) {
      value.textContent = words;
      value.classList.remove("roll");
      requestAnimationFrame(() => value.classList.add("roll"));
    }
    const change = [tile.change && `${_("较前日")} ${tile.change}`, tile.target && `${_("目标")} ${tile.target}`].filter(Boolean).join("　");
    place.querySelector(".change").textContent = change;
  }

  async draw(data) {
    this.latest = data;
    if (!this.map.map || !this.map.dataset.ready) return;
    if (!this.outlines.has(data.area)) {
      try {
        this.outlines.set(data.area, await api(`${this.urls.shapes}${data.area || "0"}/?${this.keep}`));
      } catch {
        return;
      }
    }
    const shapes = this.outlines.get(data.area);
    const most = Math.max(1, ...Object.values(data.shade));
    for (const feature of shapes.features) {
      const open = data.shade[feature.properties.id] || 0;
      feature.properties.open = open;
      feature.properties.label = open ? `${feature.properties.name}\n${count(open)}` : feature.properties.name;
      feature.properties.step = open ? Math.min(4, Math.ceil((open / most) * 4)) : 0;
    }
    this.map.data("areas", shapes);
    const names = shapes.features.map(({ properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: properties.at } }));
    this.map.data("names", { type: "FeatureCollection", features: names });
    this.map.data("points", data.points);
    if (this.drawn !== data.area && data.bounds) this.map.go({ bounds: data.bounds });
    this.drawn = data.area;
  }

  picked(event) {
    event.preventDefault();
    if (event.detail.layer === "areas") this.go(event.detail.id);
  }

  clicked(event) {
    const link = event.target.closest("[data-area]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go(link.dataset.area);
  }

  go(area, remember = true) {
    if (area === this.area) return;
    this.area = String(area);
    if (remember) history.pushState(null, "", `?area=${this.area}&${this.keep}`);
    clearTimeout(this.timer);
    this.timer = null;
    this.failures = 0;
    this.askedAt = 0;
    this.ask();
  }
}


define("gz-wall", Wall);
