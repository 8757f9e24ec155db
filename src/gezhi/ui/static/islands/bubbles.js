// gz-bubbles: an urgent matter rises with a sound, in a lane of its own; it goes when a person takes it, or by itself after a while.
// Attributes: topic (of gz:event), most (2 shown at once, the rest queues), seconds (a bubble stays, 30; its time stands still under
// the pointer or the focus). data: {id, title, place, at, level, url, ack_url, text}. What went by itself is still counted behind the lane
// and comes back at a press of the count; Escape puts the bubble that has the focus aside.
// Sound needs one touch of the page (browsers forbid it before); until then a button offers to switch it on.
import { _, api, count, define, duration, fill, icon, make, toast } from "gz/core";

class Bubbles extends HTMLElement {
  connectedCallback() {
    this.classList.add("bubbles");
    this.setAttribute("role", "region");
    this.waiting = [];
    this.aside = new Map();
    this.rest = make("button", { type: "button", class: "bubbles-rest", hidden: "", onclick: () => this.again() });
    this.append(this.rest);
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.put(event.target.closest(".bubble")));
    this.heard = (event) => event.detail.topic === this.getAttribute("topic") && this.rise(event.detail.data.bubble || event.detail.data);
    this.gone = (event) => event.detail.topic === `${this.getAttribute("topic")}.taken` && this.fall(event.detail.data.id);
    document.addEventListener("gz:event", this.heard);
    document.addEventListener("gz:event", this.gone);
    this.clock = setInterval(() => this.age(), 15000);
    this.timer = setInterval(() => this.pass(), 1000);
  }

  disconnectedCallback() {
    document.removeEventListener("gz:event", this.heard);
    document.removeEventListener("gz:event", this.gone);
    clearInterval(this.clock);
    clearInterval(this.timer);
  }

  rise(data) {
    if (!data?.id || this.aside.has(data.id) || this.querySelector(`[data-id="${CSS.escape(data.id)}"]`)) return;
    if (this.shown().length >= Number(this.getAttribute("most") || 2)) {
      if (!this.waiting.some((one) => one.id === data.id)) this.waiting.push(data);
      return void this.tell();
    }
    this.waiting = this.waiting.filter((one) => one.id !== data.id);
    const age = make("span", { class: "age", "data-at": data.at });
    const take = make("button", { type: "button", class: "btn btn-primary", onclick: () => this.take(data) }, icon("check"), _("收到"));
    const open = data.url ? make("a", { class: "btn", href: data.url }, _("打开")) : null;
    const title = make("h2", { class: "clip", title: data.title }, data.url ? make("a", { href: data.url }, data.title) : data.title);
    const head = make("header", {}, icon("urgent"), title, age);
    const place = data.place ? make("div", { class: "muted" }, icon("map-pin"), " ", data.place) : null;
    const text = data.text ? make("p", { class: "clip-2" }, data.text) : null;
    const bubble = make("article", { class: "bubble is-fresh", "data-id": data.id, role: "alert" }, head, make("div", { class: "bubble-foot" }, place, text, take, open));
    bubble.data = data;
    bubble.left = Number(this.getAttribute("seconds") || 30);
    this.prepend(bubble);
    this.age();
    this.tell();
    this.sound();
    this.dispatchEvent(new CustomEvent("gz:bubble", { bubbles: true, detail: data }));
  }

  async take(data) {
    try {
      if (data.ack_url) await api(data.ack_url, { method: "POST" });
      this.fall(data.id);
    } catch (reason) {
      toast(reason.message, { error: true });
    }
  }

  /** What is no longer urgent, or was taken at another screen, falls. */
  settle(ids) {
    const urgent = new Set(ids);
    this.waiting = this.waiting.filter((one) => urgent.has(one.id));
    for (const id of [...this.aside.keys()]) if (!urgent.has(id)) this.aside.delete(id);
    for (const bubble of this.shown()) if (!urgent.has(bubble.dataset.id)) this.fall(bubble.dataset.id);
    this.tell();
  }

  shown() {
    return [...this.querySelectorAll(":scope > .bubble")];
  }

  /** A second has passed: what nobody looks at gives way. */
  pass() {
    for (const bubble of this.shown()) {
      if (bubble.matches(":hover, :focus-within")) continue;
      bubble.left -= 1;
      if (bubble.left <= 0) this.put(bubble);
    }
  }

  /** Put a bubble aside: it is not taken, only out of the way. */
  put(bubble) {
    if (!bubble) return;
    this.aside.set(bubble.dataset.id, bubble.data);
    this.fall(bubble.dataset.id);
  }

  /** Show again what was put aside. */
  again() {
    const back = [...this.aside.values()];
    this.aside.clear();
    for (const data of back) this.rise(data);
    this.tell();
  }

  /** How many more are urgent and not taken. */
  tell() {
    const more = this.waiting.length + this.aside.size;
    this.rest.hidden = more === 0;
    this.rest.textContent = fill(_("另有 {n} 件紧急未接收"), { n: count(more) });
  }

  fall(id) {
    this.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
    this.waiting = this.waiting.filter((one) => one.id !== id);
    const next = this.waiting.shift();
    if (next) this.rise(next);
    this.tell();
  }

  age() {
    for (const place of this.querySelectorAll(".age")) {
      const passed = Date.now() - Date.parse(place.dataset.at);
      place.textContent = passed < 60000 ? _("刚刚") : fill(_("{time}前"), { time: duration(passed) });
    }
  }

  /** Two rising notes, made here: no sound file to fetch. */
  sound() {
    this.context ??= new AudioContext();
    this.context.resume();
    if (this.context.state !== "running") {
      if (!document.getElementById("sound-on")) {
        const on = make("button", { id: "sound-on", type: "button", class: "btn btn-small", onclick: () => (on.remove(), this.sound()) }, icon("volume"), _("开启声音提醒"));
        this.after(on);
      }
      return;
    }
    const now = this.context.currentTime;
    [660, 880].forEach((pitch, at) => {
      const tone = this.context.createOscillator();
      const gain = this.context.createGain();
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.0001, now + at * 0.22);
      gain.gain.exponentialRampToValueAtTime(0.25, now + at * 0.22 + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, now + at * 0.22 + 0.4);
      tone.connect(gain).connect(this.context.destination);
      tone.start(now + at * 0.22);
      tone.stop(now + at * 0.22 + 0.42);
    });
  }
}

define("gz-bubbles", Bubbles);
