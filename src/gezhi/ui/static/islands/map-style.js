// How a map looks: a plain ground from our own tokens, then the layers a page asks for.
import { ink } from "gz/core";

const FONT = ["Noto Sans CJK SC"];

/** Sizes on the map follow the type size of the page (a wall of 2,160 lines draws everything twice as large). */
const grow = () => Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);

/** The empty ground every map starts from. `base` adds tiles of our own: {tiles, layers: [{id, geometry, colour, width, label, only: {field, values}}]};
 * `under` is a map from outside that lies below them: {tiles, overlay, scheme, maxzoom, attribution}. */
export function ground(base, under) {
  const style = { version: 8, sources: {}, layers: [{ id: "paper", type: "background", paint: { "background-color": ink("--surface-2") } }] };
  for (const [id, tiles] of Object.entries({ "under": under?.tiles, "under-names": under?.overlay })) {
    if (!tiles) continue;
    style.sources[id] = { type: "raster", tiles: tiles.map((one) => new URL(one, location.href).href.replace(/%7B/g, "{").replace(/%7D/g, "}")), tileSize: 256, scheme: under.scheme || "xyz", maxzoom: under.maxzoom || 18 };
    style.layers.push({ id, type: "raster", source: id });
  }
  if (!base) return style;
  style.sources.base = { type: "vector", tiles: [new URL(base.tiles, location.href).href.replace(/%7B/g, "{").replace(/%7D/g, "}")], maxzoom: base.maxzoom || 14 };
  for (const one of base.layers || []) style.layers.push(...layers({ ...one, source: "base", source_layer: one.source_layer || one.id, quiet: true }));
  return style;
}

const label = (layer, id, extra = {}) => ({
  id: `${id}-label`,
  type: "symbol",
  ...(layer.label_zoom ? { minzoom: layer.label_zoom } : {}),
  layout: {
    "text-field": ["to-string", ["coalesce", ["get", layer.label_field || "name"], ""]],
    "text-font": FONT,
    "text-size": (layer.label_size || 13) * grow(),
    "text-max-width": 9,
    "text-offset": [0, layer.geometry === "point" ? 1.1 : 0],
    "text-anchor": layer.geometry === "point" ? "top" : "center",
  },
  paint: { "text-color": ink("--ink"), "text-halo-color": ink("--surface"), "text-halo-width": 1.6 },
  ...extra,
});

/** Colour of a feature: a fixed one, one a value ({field, values: {value: colour}}), or steps of a number ({field, stops: [[n, colour]]}, or {state, stops} of a feature's state). */
function colour(layer) {
  const fixed = layer.colour || ink("--accent-bright");
  const by = layer.shade;
  if (!by) return fixed;
  if (by.state) {
    const steps = by.stops.length > 1 ? ["step", ["to-number", ["feature-state", by.state]], by.stops[0][1], ...by.stops.slice(1).flat()] : by.stops[0][1];
    return ["case", ["==", ["feature-state", by.state], null], "rgba(0,0,0,0)", steps];
  }
  if (by.stops) return ["step", ["to-number", ["get", by.field], 0], by.stops[0][1], ...by.stops.slice(1).flat()];
  return ["match", ["to-string", ["get", by.field]], ...Object.entries(by.values).flat(), fixed];
}

function points(layer, id, common) {
  const many = [">", ["to-number", ["coalesce", ["get", "count"], ["get", "point_count"], 1]], 1];
  const number = ["to-number", ["coalesce", ["get", "count"], ["get", "point_count"], 1]];
  const list = [
    {
      id: `${id}-many`,
      type: "circle",
      filter: many,
      paint: {
        "circle-color": colour({ ...layer, shade: null }),
        "circle-opacity": 0.85,
        "circle-radius": ["interpolate", ["linear"], ["log10", number], 0, 10 * grow(), 2, 18 * grow(), 4, 30 * grow()],
        "circle-stroke-width": 2,
        "circle-stroke-color": ink("--surface"),
      },
    },
    { id: `${id}-number`, type: "symbol", filter: many, layout: { "text-field": ["number-format", number, {}], "text-font": FONT, "text-size": 12 * grow(), "text-allow-overlap": true }, paint: { "text-color": "#ffffff", "text-halo-color": "rgba(0,0,0,.45)", "text-halo-width": 1 } },
    {
      id,
      type: "circle",
      filter: ["!", many],
      paint: { "circle-color": colour(layer), "circle-opacity": layer.opacity ?? 1, "circle-radius": (layer.radius || 7) * grow(), "circle-stroke-width": 2, "circle-stroke-color": ["case", ["boolean", ["feature-state", "chosen"], false], ink("--ink"), "#ffffff"] },
    },
  ];
  if (layer.label_field) list.push(label(layer, id, { filter: ["!", many] }));
  return list.map((one) => ({ ...one, ...common }));
}

/** The style layers of one declared layer. */
export function layers(layer) {
  const id = layer.id;
  const common = { source: layer.source || id, ...(layer.tiles || layer.source_layer ? { "source-layer": layer.source_layer || id } : {}), ...(layer.min_zoom ? { minzoom: layer.min_zoom } : {}), ...(layer.max_zoom ? { maxzoom: layer.max_zoom } : {}), ...(layer.only ? { filter: ["in", ["get", layer.only.field], ["literal", layer.only.values]] } : {}) };
  if (layer.geometry === "point") return points(layer, id, common);
  if (layer.geometry === "name") return [{ ...label(layer, id), ...common }];
  const line = { id: `${id}-line`, type: "line", paint: { "line-color": layer.line || (layer.geometry === "line" ? colour(layer) : ink("--line-strong")), "line-width": layer.width || 1.4 }, ...common };
  const list = layer.geometry === "line" ? [{ ...line, id }] : [{ id, type: "fill", paint: { "fill-color": colour(layer), "fill-opacity": layer.opacity ?? (layer.quiet ? 0.06 : 0.18) }, ...common }, line];
  // a shape that lies in several tiles would be named in each of them: our tiles carry its name once, as a point
  const named = common["source-layer"] ? { "source-layer": `${common["source-layer"]}_names` } : {};
  if (layer.label_field) list.push({ ...label(layer, id), ...common, ...named, ...(layer.label_zoom ? { minzoom: layer.label_zoom } : {}) });
  return list;
}

/** The source of one declared layer: our vector tiles, or GeoJSON given or asked for, clustered by the browser. */
export function source(layer) {
  if (layer.tiles) return { type: "vector", tiles: [new URL(layer.tiles, location.href).href.replace(/%7B/g, "{").replace(/%7D/g, "}")], minzoom: layer.source_min || 0, maxzoom: layer.source_max || 16, promoteId: layer.key_field || "id" };
  const data = layer.data || layer.url || { type: "FeatureCollection", features: [] };
  const cluster = layer.geometry === "point" && layer.cluster !== false;
  return { type: "geojson", data, cluster, ...(cluster ? { clusterRadius: 46, clusterMaxZoom: 15 } : {}), ...(layer.key_field ? { promoteId: layer.key_field } : { generateId: !cluster }) };
}
