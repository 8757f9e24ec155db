// gz-atlas: 城市一张图. Layers on and off, areas shaded by a figure, drilling, and what lies in a part of the map.
// The panel is drawn by the server (partials/atlas.html); props: {root, area, path, urls {select, shade, tiles}, keep,
//   lists {layer: address}, regions {digits: level}, of, level}. The address bar keeps what is shown.
import { _, api, count, define, fill, ink, make, props, toast } from "gz/core";
import { layers as styles } from "gz/map-style";
import { box, circle, draw } from "gz/lasso";

const RAMPS = {
  light: ["#e3edfb", "#b5d0f5", "#7fb0ee", "#3f83d6", "#0f4fa8"],
  dark: ["#14294d", "#1b478c", "#2168c4", "#4b93f0", "#9cc8ff"],
};
const NEXT = { 0: 6, 4: 6, 6: 9, 9: 12, 12: 15 };
const AROUND = 12; // metres around a place that several records share
const EMPTY = { type: "FeatureCollection", features: [] };

const dark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
};

class Atlas extends HTMLElement {
  connectedCallback() {
    const { area, path, of, level, ...rest } = props(this);
    Object.assign(this, { rest, area, whole: path, of, level, asked: 0 });
    this.map = this.querySelector("gz-map");
    this.found = this.querySelector("[data-found]");
    this.addEventListener("change", (event) => this.changed(event.target));
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("gz:feature", (event) => this.feature(event));
    this.addEventListener("gz:stack", (event) => (event.preventDefault(), this.choose(circle(event.detail.lngLat, AROUND))));
    this.addEventListener("gz:restyled", () => this.paint());
    this.keys = (event) => event.key === "Escape" && this.stop();
    document.addEventListener("keydown", this.keys);
    const begin = () => this.begin();
    if (this.map.dataset.ready) begin();
    else this.map.addEventListener("gz:ready", begin, { once: true });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.keys);
    this.stop();
  }

  begin() {
    this.ring = { id: "part", geometry: "polygon", colour: ink("--accent-bright"), line: ink("--accent"), width: 2, opacity: 0.12, inert: true, data: EMPTY };
    this.map.props.layers.push(this.ring);
    this.map.add(this.ring);
    this.trail(this.whole);
    this.counts();
    this.shade();
  }

  /** An address with parameters and those every address keeps. */
  at(url, params = {}) {
    const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "" && value !== undefined && value !== null));
    const text = [query.toString(), this.rest.keep].filter(Boolean).join("&");
    return text ? `${url}?${text}` : url;
  }

  layer(name) {
    return this.map.props.layers.find((one) => one.id === name);
  }

  shown() {
    return [...this.querySelectorAll("[data-layer]:checked")].map((one) => one.dataset.layer);
  }

  /** Filters of layers that show only what is not finished. */
  narrowed() {
    return Object.fromEntries([...this.querySelectorAll("[data-whole]:not(:checked)")].map((one) => [`${one.dataset.whole}.open`, "1"]));
  }

  changed(target) {
    const { layer, whole } = target.dataset;
    if (layer) {
      this.map.show(this.layer(layer), target.checked);
      this.querySelector(`[data-legend="${layer}"]`).hidden = !target.checked;
    } else if (whole) {
      const base = this.rest.urls.tiles.replace("{name}", whole);
      this.map.tiles(this.layer(whole), this.at(base, target.checked ? {} : { open: 1 }));
      this.counts();
      if (this.within) this.ask();
    } else if (target.matches("[data-of], [data-level]")) {
      this.of = this.querySelector("[data-of]").value;
      this.level = this.querySelector("[data-level]").value;
      this.shade();
    } else return;
    this.remember();
  }

  clicked(event) {
    const step = event.target.closest("[data-area]");
    if (step) {
      event.preventDefault();
      return this.go(step.dataset.area);
    }
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (tool) return this.tool(tool);
    if (event.target.closest("[data-clear]")) this.choose(null);
    return null;
  }

  remember() {
    const whole = [...this.querySelectorAll("[data-whole]:checked")].map((one) => one.dataset.whole);
    const state = { layers: this.shown().join(",") || "none", all: whole.join(","), of: this.of, level: this.of ? this.level : "", area: this.area === this.rest.root ? "" : this.area };
    history.replaceState(null, "", this.at("", state));
  }

  // -- areas -------------------------------------------------------------------------------------------------
  go(area) {
    this.area = area;
    this.counts(true);
    this.shade();
    this.remember();
  }

  trail(path) {
    const steps = (path || []).filter((step) => step.code.length >= this.rest.root.length);
    const all = this.rest.root ? [] : [{ code: "", name: _("全部辖区") }];
    const list = [...all, ...steps];
    this.querySelector("[data-path]").replaceChildren(...list.map((step, at) => make("li", {}, make("a", { href: "#", "data-area": step.code, "aria-current": at === list.length - 1 ? "location" : null }, step.name))));
  }

  /** How many records each layer has in the area looked at. */
  async counts(move = false) {
    const turn = (this.asked += 1);
    try {
      const data = await api(this.at(this.rest.urls.select, { area: this.area, ...this.narrowed() }));
      if (turn !== this.asked) return;
      for (const item of data.items) {
        const place = this.querySelector(`[data-count="${item.name}"]`);
        if (place) place.textContent = this.number(item);
        const link = this.querySelector(`a[data-list="${item.name}"]`);
        if (link) link.href = `${this.rest.lists[item.name]}?${new URLSearchParams(item.query)}`;
      }
      if (this.area) this.trail(data.path);
      else this.trail([]);
      if (move && data.bounds) this.map.go({ bounds: data.bounds });
    } catch (reason) {
      toast(reason.message, { error: true });
    }
  }

  number(item) {
    return item.exact ? count(item.count) : `${count(item.count)}+`;
  }

  // -- shading -----------------------------------------------------------------------------------------------
  digits() {
    return Number(this.level) || NEXT[this.area.length] || 15;
  }

  async shade() {
    const turn = (this.shaded = (this.shaded || 0) + 1);
    const legend = this.querySelector("[data-shade-legend]");
    if (!this.of) {
      this.unshade();
      legend.replaceChildren();
      return;
    }
    legend.replaceChildren(make("p", { class: "muted" }, _("正在加载")));
    try {
      const figures = await api(this.at(this.rest.urls.shade, { of: this.of, level: this.digits(), area: this.area }));
      if (turn !== this.shaded) return;
      this.figures = figures;
      this.lay();
      this.explain();
    } catch (reason) {
      this.unshade();
      legend.replaceChildren(make("p", { class: "muted" }, reason.message));
    }
  }

  unshade() {
    const old = this.layer("shade");
    if (!old) return;
    this.map.drop(old);
    this.map.props.layers.splice(this.map.props.layers.indexOf(old), 1);
    this.figures = null;
  }

  /** The areas of a level from our own tiles, coloured by their figure. */
  lay() {
    const figures = this.figures;
    this.unshade();
    this.figures = figures;
    const { level: digits, area, stops } = figures;
    const region = this.rest.regions[digits];
    const where = { ...(region ? { level: region } : { kind: "general,dedicated" }), area_code: area };
    const ramp = RAMPS[dark() ? "dark" : "light"];
    const own = {
      id: "shade", source_layer: region ? "region" : "grid_cell", geometry: "polygon", key_field: "area_code", label_field: "name", opacity: 0.72, line: ink("--line-strong"), width: 0.8, source_max: 14,
      tiles: this.at(this.rest.urls.tiles.replace("{name}", region ? "region" : "grid_cell"), where),
      shade: { state: "v", stops: [[0, ramp[0]], ...stops.map((least, at) => [least, ramp[at + 1]])] },
    };
    const all = this.map.props.layers;
    const first = all.find((one) => this.map.map.getLayer(styles(one)[0].id));
    this.map.add(own, first && styles(first)[0].id);
    all.splice(all.indexOf(first), 0, own);
    this.paint();
  }

  paint() {
    const own = this.layer("shade");
    if (!own || !this.figures || !this.map.map.getSource("shade")) return;
    for (const [code, value] of Object.entries(this.figures.values)) this.map.map.setFeatureState({ source: "shade", sourceLayer: own.source_layer, id: code }, { v: value });
  }

  explain() {
    const { stops, unit, rest, values, label, fives } = this.figures;
    const ramp = RAMPS[dark() ? "dark" : "light"];
    const found = Object.values(values);
    const edges = [Math.min(0, ...found), ...stops];
    const most = Math.max(0, ...found);
    const items = edges.map((least, at) => {
      const words = at + 1 < edges.length ? `${count(least)} – < ${count(edges[at + 1])}` : `${count(least)} – ${count(most)}`;
      return make("li", {}, make("i", { class: "mark area", style: `--mark:${ramp[at]}` }), `${words} ${unit}`);
    });
    const notes = [fill(_("{label}：{n} 个区域有数据，点区域看数值和下一级"), { label, n: count(found.length) })];
    if (fives) notes.push(_("人数按 5 取整，少于 5 的不显示"));
    if (rest) notes.push(fill(_("另有 {n} 条没有细到这一级"), { n: count(rest) }));
    this.querySelector("[data-shade-legend]").replaceChildren(make("ul", { role: "list", class: "atlas-legend" }, ...items), ...notes.map((words) => make("p", { class: "small muted" }, words)));
  }

  feature(event) {
    if (this.stopping) return void event.preventDefault();
    if (event.detail.layer !== "shade") return;
    event.preventDefault();
    const { id, properties, lngLat } = event.detail;
    const { values, unit, label, query, area_filter: narrow, register, level } = this.figures;
    const value = values[id];
    const lines = [make("strong", {}, properties.name || id), make("p", {}, `${label}：${value === undefined ? "—" : count(value)} ${unit}`)];
    const acts = make("p", { class: "row" });
    if (this.rest.lists[register] && narrow) acts.append(make("a", { href: `${this.rest.lists[register]}?${new URLSearchParams({ ...query, [narrow]: id })}` }, _("列出这些")));
    if (level < 15) acts.append(make("a", { href: "#", "data-area": id, onclick: () => popup.remove() }, _("看下一级")));
    const body = make("div", {}, ...lines, acts);
    const popup = this.map.popup(lngLat, body);
    return null;
  }

  // -- selection ---------------------------------------------------------------------------------------------
  tool(name) {
    const was = this.drawing;
    this.stop();
    if (name === "screen") {
      const { _sw: sw, _ne: ne } = this.map.map.getBounds();
      return this.choose(box([sw.lng, sw.lat], [ne.lng, ne.lat]));
    }
    if (was === name) return null;
    this.drawing = name;
    this.querySelector(`[data-tool="${name}"]`).setAttribute("aria-pressed", "true");
    const radius = () => Math.min(100000, Math.max(1, Number(this.querySelector("[data-radius]").value) || 500));
    this.undraw = draw(this.map.map, name, {
      radius,
      moved: (part) => this.outline(part),
      done: (part) => (this.stop(), this.choose(part)),
    });
    return null;
  }

  stop() {
    this.undraw?.();
    this.undraw = null;
    if (this.drawing) {
      this.querySelector(`[data-tool="${this.drawing}"]`).setAttribute("aria-pressed", "false");
      this.stopping = true; // the click that ends a drawing opens nothing
      setTimeout(() => (this.stopping = false), 50);
    }
    this.drawing = "";
  }

  outline(part) {
    this.map.data("part", part ? { type: "FeatureCollection", features: [part.outline] } : EMPTY);
  }

  choose(part) {
    this.outline(part);
    this.within = part?.within || "";
    if (!part) return void (this.found.hidden = true);
    return this.ask();
  }

  async ask() {
    const turn = (this.turn = (this.turn || 0) + 1);
    this.found.hidden = false;
    this.found.replaceChildren(make("p", { class: "muted" }, _("正在加载")));
    try {
      const data = await api(this.at(this.rest.urls.select, { within: this.within, ...this.narrowed() }));
      if (turn === this.turn) this.tell(data.items);
    } catch (reason) {
      if (turn === this.turn) this.found.replaceChildren(this.head(_("没有选成")), make("p", { role: "alert" }, reason.message));
    }
  }

  head(words) {
    return make("header", { class: "row" }, make("h2", {}, words), make("button", { type: "button", class: "btn btn-small push", "data-clear": true }, _("清除")));
  }

  /** Layers on the map first, then the others that have something there. */
  tell(items) {
    const on = new Set(this.shown());
    const some = items.filter((item) => item.count).sort((a, b) => on.has(b.name) - on.has(a.name));
    const rows = some.map((item) => {
      const url = this.rest.lists[item.name] ? `${this.rest.lists[item.name]}?${new URLSearchParams(item.query)}` : "";
      const mark = make("i", { class: "mark", style: `--mark:${this.layer(item.name)?.colour || "#888"}` });
      const parts = item.parts.length > 1 ? make("div", { class: "small muted" }, item.parts.map((one) => `${one.label} ${count(one.count)}`).join("　")) : null;
      return make("li", { "data-selected": item.name }, make("div", { class: "row" }, mark, make("span", {}, item.label), make("b", { class: "push" }, this.number(item)), url ? make("a", { class: "btn btn-small", href: url }, _("列出这些")) : null), parts);
    });
    const words = rows.length ? _("选中的内容") : _("选区里没有您可以查看的内容");
    this.found.replaceChildren(this.head(words), make("ul", { role: "list" }, ...rows));
  }
}

define("gz-atlas", Atlas);
