// What every island shares: words, props, the API, icons, durations.

/** The reader's language for a Chinese message; the message itself when no catalogue is loaded. */
export const _ = (message) => (window.gettext ? window.gettext(message) : message);

/** Fills {name} places of a message. */
export const fill = (message, values) => message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

/** Props of an island: the JSON script its `props` attribute names, or {}. */
export function props(element) {
  const script = document.getElementById(element.getAttribute("props") || "");
  return script ? JSON.parse(script.textContent) : {};
}

/** Defines a custom element once, however often its module is asked for. */
export function define(name, constructor) {
  if (!customElements.get(name)) customElements.define(name, constructor);
}

/** An element with attributes and children; children may be text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An icon of the sprite. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** The token against forged requests: the cookie is fresher than the page it came with. */
export function token() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (cookie) return decodeURIComponent(cookie[1]);
  try {
    return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  } catch {
    return "";
  }
}

/** What the API answered when it did not answer well: status, words, an id to quote, the body. */
export class ApiError extends Error {
  constructor(status, message, trace, body) {
    super(message);
    Object.assign(this, { status, trace, body });
  }
}

/** JSON from the public API. Throws ApiError; a status of 0 means that there was no answer at all. */
export async function api(url, options = {}) {
  let response;
  try {
    response = await fetch(url, {
      credentials: "same-origin",
      ...options,
      headers: { Accept: "application/json", "X-CSRFToken": token(), ...options.headers },
    });
  } catch {
    throw new ApiError(0, _("当前没有网络"), "", null);
  }
  const isJson = (response.headers.get("content-type") || "").includes("json");
  const body = isJson ? await response.json() : null;
  if (!response.ok) {
    const words = (body && (body.detail || body.message)) || fill(_("请求没有成功（{status}）"), { status: response.status });
    throw new ApiError(response.status, typeof words === "string" ? words : JSON.stringify(words), response.headers.get("x-request-id") || "", body);
  }
  return body;
}

/** A short message at the corner; undo is called when the reader takes it back in time. */
export function toast(message, { error = false, undo = null } = {}) {
  const box = document.getElementById("toasts");
  if (!box) return;
  const item = make("div", { class: error ? "toast is-error" : "toast" }, icon(error ? "alert-triangle" : "circle-check"), make("span", {}, message));
  const gone = () => item.remove();
  item.append(undo ? make("button", { type: "button", onclick: () => (undo(), gone()) }, _("撤销")) : make("button", { type: "button", "aria-label": _("关闭"), onclick: gone }, "×"));
  box.append(item);
  setTimeout(gone, error ? 15000 : 7000);
}

/** A span of time in plain words, the two largest units: "3 小时 20 分". */
export function duration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days) return fill(hours ? _("{days} 天 {hours} 小时") : _("{days} 天"), { days, hours });
  if (hours) return fill(rest ? _("{hours} 小时 {rest} 分") : _("{hours} 小时"), { hours, rest });
  return minutes ? fill(_("{minutes} 分"), { minutes }) : _("不到 1 分");
}

/** A number with thousands separators. */
export const count = (number) => new Intl.NumberFormat(document.documentElement.lang || "zh-CN").format(number);

/** The value of a CSS token, for canvases that cannot read custom properties. */
export const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A key no other submission will have; crypto.randomUUID is missing on plain http. */
export function key() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Where this device is: {lon, lat, accuracy in metres}. Rejects with words a reader understands. */
export function position({ timeout = 10000 } = {}) {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) return reject(new Error(_("这台设备不能定位，请在地图上选点")));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy }),
      (reason) => reject(new Error(reason.code === 1 ? _("没有定位权限，请在地图上选点") : _("定位没有成功，请在地图上选点"))),
      { enableHighAccuracy: true, timeout, maximumAge: 30000 },
    );
  });
}
