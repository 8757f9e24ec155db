// gz-map: our own vector tiles and GeoJSON on our own ground; no outside map is ever asked for.
// props: {center, zoom, bounds [w, s, e, n], base, layers: [{id, label, geometry "point|line|polygon", tiles | url | data,
//   source_layer, colour, shade, label_field, card (address with {id}), on, min_zoom, key_field}], legend (false hides it), live (topic)}
// attribute pick="point|polygon": the reader picks; the value goes to the nearest [data-map-value] of the same field.
// Events: gz:feature {layer, id, properties, lngLat} (cancel it to keep the card shut), gz:moved {center, zoom, bounds}.
import * as maplibre from "maplibre-gl";
import { _, define, fill, ink, make, props } from "gz/core";
import { ground, layers, source } from "gz/map-style";

const MISSED = 3; // tiles of an outside map that fail before the first comes, until it is given up
const STACKED = 17; // from this zoom on, what is still counted together stands at one place
const HOME = { center: [120.62, 31.32], zoom: 9.2 };
maplibre.setWorkerUrl(new URL(document.documentElement.dataset.worker, location.href).href);

function sheet() {
  const href = document.documentElement.dataset.mapCss;
  if (href && !document.querySelector(`link[href="${href}"]`)) document.head.append(make("link", { rel: "stylesheet", href }));
}

class GezhiMap extends HTMLElement {
  connectedCallback() {
    if (this.map) return;
    sheet();
    const { ground: below, home, sources, ...shared } = this.site();
    Object.assign(this, { home: home || HOME, sources: sources || [] });
    this.under = this.sources.find((one) => one.name === (localStorage.getItem("gz_ground") ?? this.sources[0]?.name)) || null;
    const own = props(this);
    this.props = { ...shared, ...own };
    if ((own.center || this.getAttribute("center")) && !own.bounds) delete this.props.bounds;
    if (below) this.props.layers = [...below, ...(this.props.layers || [])];
    this.querySelector(".fallback")?.remove();
    this.canvas = this.appendChild(make("div", { class: "canvas" }));
    try {
      this.map = new maplibre.Map({ container: this.canvas, style: ground(this.props.base, this.under), ...this.start(), attributionControl: false, localIdeographFontFamily: ink("--font"), fadeDuration: 100, maxPitch: 0, dragRotate: false, locale: this.words() });
    } catch {
      return this.fail(_("这台设备不能显示地图，请用列表视图"));
    }
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.on("load", () => this.ready());
    this.map.on("error", (event) => this.trouble(event.error, event.sourceId));
    this.map.on("data", (event) => event.tile && event.sourceId === "under" && (this.missed = -Infinity));
    this.repaint = () => this.restyle();
    document.addEventListener("gz:appearance", this.repaint);
    this.fresh = (event) => this.props.live === event.detail.topic && this.refresh();
    document.addEventListener("gz:event", this.fresh);
  }

  disconnectedCallback() {
    document.removeEventListener("gz:appearance", this.repaint);
    document.removeEventListener("gz:event", this.fresh);
    clearTimeout(this.later);
    this.map?.remove();
    this.map = null;
  }

  /** What the whole site shares (ground and home), given once a page in the script element "gz-site-map". */
  site() {
    const script = document.getElementById("gz-site-map");
    return script ? JSON.parse(script.textContent) : {};
  }

  words() {
    return { "NavigationControl.ZoomIn": _("放大"), "NavigationControl.ZoomOut": _("缩小"), "Popup.Close": _("关闭"), "Map.Title": this.getAttribute("aria-label") || _("地图") };
  }

  start() {
    if (this.props.bounds) return { bounds: this.props.bounds, fitBoundsOptions: { padding: 24, maxZoom: 17 } };
    const center = (this.getAttribute("center") || "").split(",").map(Number);
    if (center.length === 2 && center.every(Number.isFinite)) return { center, zoom: this.props.zoom || 15 };
    return { center: this.props.center || this.home.center, zoom: this.props.zoom || this.home.zoom };
  }

  ready() {
    this.addAll();
    if (this.props.legend !== false) this.drawLegend();
    if (this.sources.length) this.drawGrounds();
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("mousemove", (event) => (this.map.getCanvas().style.cursor = this.hit(event.point) ? "pointer" : ""));
    this.map.on("moveend", () => this.tell("gz:moved", { center: this.map.getCenter().toArray(), zoom: this.map.getZoom(), bounds: this.map.getBounds().toArray().flat() }));
    const pick = this.getAttribute("pick");
    if (pick) import("gz/draw").then(({ picker }) => picker(this, pick));
    this.dataset.ready = "yes";
    this.tell("gz:ready", {});
  }

  /** All layers in order, then every label above every shape and point; numbers stand highest, so that names make way. */
  addAll() {
    const all = this.props.layers || [];
    for (const layer of all) this.add(layer);
    for (const part of ["label", "number"]) {
      for (const layer of all) if (this.map.getLayer(`${layer.id}-${part}`)) this.map.moveLayer(`${layer.id}-${part}`);
    }
  }

  /** Adds a declared layer on top of the others, or below the one named. */
  add(layer, below) {
    this.map.addSource(layer.id, source(layer));
    for (const one of layers(layer)) {
      this.map.addLayer(one, below);
      if (layer.on === false) this.map.setLayoutProperty(one.id, "visibility", "none");
    }
  }

  show(layer, on) {
    layer.on = on;
    for (const one of layers(layer)) this.map.setLayoutProperty(one.id, "visibility", on ? "visible" : "none");
  }

  /** Takes a layer away. */
  drop(layer) {
    for (const one of layers(layer)) if (this.map.getLayer(one.id)) this.map.removeLayer(one.id);
    if (this.map.getSource(layer.id)) this.map.removeSource(layer.id);
  }

  /** Other tiles for a layer (another filter). */
  tiles(layer, url) {
    layer.tiles = url;
    this.map.getSource(layer.id)?.setTiles(source(layer).tiles);
  }

  /** Asks the tiles and addresses again, at most once in two seconds, however many events arrive. */
  refresh() {
    this.later ??= setTimeout(() => {
      this.later = null;
      for (const layer of this.props.layers || []) {
        const own = this.map?.getSource(layer.id);
        if (layer.tiles && own) own.setTiles([`${source(layer).tiles[0]}${layer.tiles.includes("?") ? "&" : "?"}at=${Date.now()}`]);
        else if (layer.url && own) own.setData(layer.url);
      }
    }, 2000);
  }

  /** New figures of a GeoJSON layer, without a blink. */
  data(id, collection) {
    const layer = (this.props.layers || []).find((one) => one.id === id);
    if (layer) layer.data = collection;
    this.map?.getSource(id)?.setData(collection);
  }

  go({ bounds, center, zoom }) {
    if (bounds) this.map.fitBounds(bounds, { padding: 32, maxZoom: 17, duration: 700 });
    else this.map.easeTo({ center, zoom: zoom || this.map.getZoom(), duration: 700 });
  }

  restyle() {
    if (!this.map || !this.dataset.ready) return;
    this.map.setStyle(ground(this.props.base, this.under), { diff: false });
    this.map.once("style.load", () => (this.addAll(), this.tell("gz:restyled", {})));
  }

  hit(point) {
    const ids = (this.props.layers || []).filter((layer) => layer.on !== false && layer.inert !== true).flatMap((layer) => [layer.id, `${layer.id}-many`]).filter((id) => this.map.getLayer(id));
    return ids.length ? this.map.queryRenderedFeatures([[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]], { layers: ids })[0] : null;
  }

  clicked(event) {
    if (this.hasAttribute("pick")) return;
    const feature = this.hit(event.point);
    if (!feature) return;
    if (feature.layer.id.endsWith("-many")) {
      const layer = feature.layer.id.slice(0, -5);
      if (this.map.getZoom() >= STACKED && !this.tell("gz:stack", { layer, lngLat: feature.geometry.coordinates })) return;
      return void this.map.easeTo({ center: feature.geometry.coordinates, zoom: this.map.getZoom() + 2 });
    }
    const layer = this.props.layers.find((one) => one.id === feature.layer.id);
    const id = feature.properties[layer.key_field || "id"] ?? feature.id;
    if (this.tell("gz:feature", { layer: layer.id, id, properties: feature.properties, lngLat: event.lngLat.toArray() })) this.card(layer, id, feature, event.lngLat);
  }

  popup(at, body) {
    return new maplibre.Popup({ maxWidth: "320px" }).setLngLat(at).setDOMContent(body).addTo(this.map);
  }

  async card(layer, id, feature, at) {
    const body = make("div", {});
    this.popup(at, body);
    if (!layer.card) {
      body.append(make("strong", {}, String(feature.properties[layer.label_field || "name"] ?? layer.label)));
      const url = feature.properties.url;
      if (url) body.append(make("p", {}, make("a", { href: url }, _("打开"))));
      return;
    }
    body.append(make("p", { class: "muted" }, _("正在加载")));
    try {
      const answer = await fetch(layer.card.replace("{id}", encodeURIComponent(id)), { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(fill(_("请求没有成功（{status}）"), { status: answer.status }));
      body.innerHTML = await answer.text();
    } catch (reason) {
      body.replaceChildren(make("p", {}, reason.message));
    }
  }

  drawLegend() {
    const shown = (this.props.layers || []).filter((layer) => layer.label);
    if (!shown.length) return;
    const list = make("ul", { role: "list" });
    for (const layer of shown) {
      const box = make("input", { type: "checkbox", checked: layer.on !== false });
      box.addEventListener("change", () => this.show(layer, box.checked));
      const mark = make("i", { class: layer.geometry === "polygon" ? "area" : "" });
      mark.style.background = layer.colour || ink("--accent-bright");
      list.append(make("li", {}, make("label", {}, box, mark, layer.label)));
      for (const [words, paint] of layer.shade?.legend || []) {
        const step = make("i", { class: layer.geometry === "polygon" ? "area" : "" });
        step.style.background = paint;
        list.append(make("li", {}, step, words));
      }
    }
    this.append(make("details", { class: "legend", open: this.clientWidth > 480 }, make("summary", {}, _("图例")), list));
  }

  /** The choice between our own ground and maps from outside, with the words their providers ask for. */
  drawGrounds() {
    const own = make("option", { value: "" }, _("本地底图"));
    const choice = make("select", { "aria-label": _("底图") }, own, ...this.sources.map((one) => make("option", { value: one.name, selected: one === this.under }, one.name)));
    const words = make("span", {}, this.under?.attribution || "");
    choice.addEventListener("change", () => {
      localStorage.setItem("gz_ground", choice.value);
      this.lie(choice.value);
    });
    this.grounds = this.appendChild(make("div", { class: "grounds" }, words, choice));
  }

  /** Lays the map on another ground: a source's name, or "" for our own. */
  lie(name) {
    this.under = this.sources.find((one) => one.name === name) || null;
    this.missed = 0;
    this.grounds.querySelector("select").value = name;
    this.grounds.querySelector("span").textContent = this.under?.attribution || "";
    this.restyle();
  }

  tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
  }

  trouble(error, from) {
    if (from?.startsWith("under")) {
      this.missed = (this.missed || 0) + 1;
      if (this.missed === MISSED && this.under) {
        this.lie("");
        this.note(_("外部底图连不上，已改用本地底图"));
      }
      return;
    }
    if (error?.status === 404 || error?.name === "AbortError") return;
    this.note(_("部分地图没有加载出来"));
    console.warn("map", error);
  }

  note(words) {
    this.querySelector(".notice")?.remove();
    const notice = this.appendChild(make("p", { class: "notice", role: "status" }, words));
    setTimeout(() => notice.remove(), 6000);
  }

  fail(words) {
    this.canvas.remove();
    this.append(make("div", { class: "state" }, make("p", {}, words)));
  }
}

define("gz-map", GezhiMap);
export { maplibre };
