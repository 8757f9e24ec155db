// gz-light: counts down to (or up from) the attribute `due` in plain words. One clock serves every light on the page.
import { _, define, duration, fill } from "gz/core";

const lights = new Set();
let clock = null;

class Light extends HTMLElement {
  connectedCallback() {
    lights.add(this);
    this.draw();
    this.watch = new MutationObserver(() => this.draw()); // a morph of the page puts the server's words back
    this.watch.observe(this, { childList: true, characterData: true, subtree: true });
    clock ??= setInterval(() => lights.forEach((light) => light.draw()), 20000);
  }

  disconnectedCallback() {
    this.watch.disconnect();
    lights.delete(this);
    if (!lights.size) {
      clearInterval(clock);
      clock = null;
    }
  }

  draw() {
    const due = Date.parse(this.getAttribute("due"));
    if (Number.isNaN(due)) return;
    const left = due - Date.now();
    const words = fill(left >= 0 ? _("还剩 {time}") : _("已超 {time}"), { time: duration(left) });
    if (this.textContent !== words) this.textContent = words;
    this.title = new Date(due).toLocaleString(document.documentElement.lang);
  }
}

define("gz-light", Light);
