// Picking on a gz-map: a point ("lon, lat") or a line or area (GeoJSON) into the field's own text box, and back.
import { _, icon, make } from "gz/core";
import * as maplibre from "maplibre-gl";
import { TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

const boxOf = (element) => element.closest(".field, form, body").querySelector("[data-map-value]");

function changed(box) {
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

/** "lon, lat", a GeoJSON point or nothing; null when it is none of them. */
export function readPoint(text) {
  const plain = text.trim().match(/^(-?\d+(?:\.\d+)?)\s*[,，\s]\s*(-?\d+(?:\.\d+)?)$/);
  const pair = plain ? [Number(plain[1]), Number(plain[2])] : null;
  if (pair) return Math.abs(pair[0]) <= 180 && Math.abs(pair[1]) <= 90 ? pair : null;
  try {
    return JSON.parse(text).coordinates.slice(0, 2);
  } catch {
    return null;
  }
}

function pickPoint(element, box) {
  const pin = new maplibre.Marker({ draggable: true, color: "#1677ff" });
  const write = ({ lng, lat }) => {
    box.value = `${lng.toFixed(6)}, ${lat.toFixed(6)}`;
    pin.setLngLat([lng, lat]).addTo(element.map);
    changed(box);
  };
  const read = (fly) => {
    const at = readPoint(box.value);
    if (!at) return pin.remove();
    pin.setLngLat(at).addTo(element.map);
    if (fly) element.map.easeTo({ center: at, zoom: Math.max(element.map.getZoom(), 15) });
    return pin;
  };
  element.map.on("click", (event) => write(event.lngLat));
  pin.on("dragend", () => write(pin.getLngLat()));
  box.addEventListener("input", () => read(true));
  read(true);
}

function written(snapshot, line) {
  const lines = snapshot.filter((one) => one.geometry.type === "LineString");
  if (line) return lines.length ? JSON.stringify({ type: "LineString", coordinates: lines.at(-1).geometry.coordinates }) : "";
  const rings = snapshot.filter((one) => one.geometry.type === "Polygon").map((one) => one.geometry.coordinates);
  if (!rings.length) return "";
  return JSON.stringify(rings.length === 1 ? { type: "Polygon", coordinates: rings[0] } : { type: "MultiPolygon", coordinates: rings });
}

function shapesOf(text, line) {
  try {
    const shape = JSON.parse(text);
    if (line) return [{ type: "Feature", properties: { mode: "linestring" }, geometry: { type: "LineString", coordinates: shape.coordinates } }];
    const all = shape.type === "MultiPolygon" ? shape.coordinates : [shape.coordinates];
    return all.map((coordinates) => ({ type: "Feature", properties: { mode: "polygon" }, geometry: { type: "Polygon", coordinates: coordinates.slice(0, 1) } }));
  } catch {
    return [];
  }
}

function pickShape(element, box, line) {
  const mode = line ? "linestring" : "polygon";
  const editing = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map: element.map, coordinatePrecision: 7 }),
    modes: [line ? new TerraDrawLineStringMode() : new TerraDrawPolygonMode(), new TerraDrawSelectMode({ flags: { [mode]: editing } })],
  });
  draw.start();
  const old = box.value ? shapesOf(box.value, line) : [];
  if (old.length) {
    draw.addFeatures(old);
    const flat = old.flatMap((one) => (line ? one.geometry.coordinates : one.geometry.coordinates.flat()));
    const [xs, ys] = [flat.map((at) => at[0]), flat.map((at) => at[1])];
    element.map.fitBounds([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], { padding: 40, duration: 0 });
  }
  const keep = () => {
    box.value = written(draw.getSnapshot().filter((one) => one.properties.mode === mode), line);
    changed(box);
  };
  draw.on("finish", keep);
  const tool = (name, words, act) => make("button", { type: "button", class: "btn btn-small", onclick: act }, icon(name), words);
  const buttons = [
    tool(line ? "route" : "polygon", line ? _("画走向") : _("画范围"), () => draw.setMode(mode)),
    tool("pencil", _("调整"), () => draw.setMode("select")),
    tool("trash", _("清除"), () => (draw.clear(), keep())),
  ];
  element.append(make("div", { class: "map-tools" }, ...buttons));
  draw.setMode(old.length ? "select" : mode);
}

/** Makes a ready gz-map a field: kind is "point", "line" or "polygon". */
export function picker(element, kind) {
  const box = boxOf(element);
  if (!box) return;
  if (kind === "polygon" || kind === "line") pickShape(element, box, kind === "line");
  else pickPoint(element, box);
}
