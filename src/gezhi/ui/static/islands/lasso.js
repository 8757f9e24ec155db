// Choosing a part of a map by hand: a box, a hand-drawn outline or a circle, by mouse, pen or finger.
// Each gives its text for the address bar ("w,s,e,n" | "lon,lat;…" | "lon,lat,metres") and its outline as GeoJSON.
const EARTH = 6371008.8;
const STILL = 6; // screen pixels a finger may tremble
const MOST = 120; // points of an outline that are kept

const rad = (degrees) => (degrees * Math.PI) / 180;
const text = (at) => `${at[0].toFixed(6)},${at[1].toFixed(6)}`;
const polygon = (ring) => ({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } });

/** Metres between two [lon, lat]. */
export function metres(a, b) {
  const [dy, dx] = [rad(b[1] - a[1]), rad(b[0] - a[0])];
  const h = Math.sin(dy / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(dx / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(h));
}

export function box(a, b) {
  const [w, e] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [s, n] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return { within: `${text([w, s])},${text([e, n])}`, outline: polygon([[w, s], [e, s], [e, n], [w, n]]) };
}

export function circle(at, radius) {
  const high = (radius / EARTH) * (180 / Math.PI);
  const wide = high / Math.cos(rad(at[1]));
  const ring = Array.from({ length: 72 }, (_one, step) => [at[0] + wide * Math.cos(rad(step * 5)), at[1] + high * Math.sin(rad(step * 5))]);
  return { within: `${text(at)},${Math.round(radius)}`, outline: polygon(ring) };
}

export function outline(points) {
  const step = Math.max(1, Math.ceil(points.length / MOST));
  const ring = points.filter((_one, at) => at % step === 0);
  return { within: ring.map(text).join(";"), outline: polygon(ring) };
}

/** The part two points of the screen (or a trail of them) enclose; null when the hand stood still. */
function part(mode, map, trail, radius) {
  const at = trail.map((point) => map.unproject(point).toArray());
  const still = Math.hypot(trail.at(-1)[0] - trail[0][0], trail.at(-1)[1] - trail[0][1]) < STILL;
  if (mode === "circle") return circle(at[0], still ? radius : Math.max(1, metres(at[0], at.at(-1))));
  if (mode === "box") return still ? null : box(at[0], at.at(-1));
  return trail.length < 3 ? null : outline(at);
}

/**
 * Lets the reader draw on a maplibre map until they have, or until the returned function is called.
 * moved(part) while drawing, done(part) at the end; radius() is the radius of a circle that is only tapped.
 */
export function draw(map, mode, { moved, done, radius }) {
  const canvas = map.getCanvasContainer();
  let trail = null;
  const here = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const down = (event) => {
    if (event.button || !event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    trail = [here(event)];
  };
  const move = (event) => {
    if (!trail) return;
    const last = trail.at(-1);
    const now = here(event);
    if (Math.hypot(now[0] - last[0], now[1] - last[1]) < 3) return;
    trail.push(now);
    const found = part(mode, map, trail, radius());
    if (found) moved(found);
  };
  const up = () => {
    if (!trail) return;
    const found = part(mode, map, trail, radius());
    trail = null;
    if (found) done(found);
  };
  map.dragPan.disable();
  map.touchZoomRotate.disable();
  canvas.style.touchAction = "none";
  canvas.classList.add("drawing");
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  return () => {
    canvas.removeEventListener("pointerdown", down);
    canvas.removeEventListener("pointermove", move);
    canvas.removeEventListener("pointerup", up);
    canvas.removeEventListener("pointercancel", up);
    canvas.classList.remove("drawing");
    canvas.style.touchAction = "";
    map.dragPan.enable();
    map.touchZoomRotate.enable();
    map.touchZoomRotate.disableRotation();
  };
}
