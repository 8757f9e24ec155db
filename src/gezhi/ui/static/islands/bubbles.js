// gz-bubbles: an urgent matter rises with a sound and stays until a person takes it.
// Attributes: topic (of gz:event), most (5 shown at once). data: {id, title, place, at, level, url, ack_url, text}.
// Sound needs one touch of the page (browsers forbid it before); until then a button offers to switch it on.
import { _, api, define, duration, fill, icon, make, toast } from "gz/core";

class Bubbles extends HTMLElement {
  connectedCallback() {
    this.classList.add("bubbles");
    this.setAttribute("role", "alert");
    this.waiting = [];
    this.heard = (event) => event.detail.topic === this.getAttribute("topic") && this.rise(event.detail.data.bubble || event.detail.data);
    this.gone = (event) => event.detail.topic === `${this.getAttribute("topic")}.taken` && this.fall(event.detail.data.id);
    document.addEventListener("gz:event", this.heard);
    document.addEventListener("gz:event", this.gone);
    this.clock = setInterval(() => this.age(), 15000);
  }

  disconnectedCallback() {
    document.removeEventListener("gz:event", this.heard);
    document.removeEventListener("gz:event", this.gone);
    clearInterval(this.clock);
  }

  rise(data) {
    if (!data?.id || this.querySelector(`[data-id="${CSS.escape(data.id)}"]`)) return;
    if (this.children.length >= Number(this.getAttribute("most") || 5)) {
      this.waiting.push(data);
      return;
    }
    const age = make("span", { class: "age", "data-at": data.at });
    const take = make("button", { type: "button", class: "btn btn-primary", onclick: () => this.take(data) }, icon("check"), _("收到"));
    const open = data.url ? make("a", { class: "btn", href: data.url }, _("打开")) : null;
    const head = make("header", {}, icon("urgent"), make("h2", {}, data.title), age);
    const place = data.place ? make("div", { class: "muted" }, icon("map-pin"), " ", data.place) : null;
    const text = data.text ? make("p", { class: "clip-2" }, data.text) : null;
    this.prepend(make("article", { class: "bubble is-fresh", "data-id": data.id }, head, place, text, make("div", { class: "row" }, take, open)));
    this.age();
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
    for (const bubble of [...this.children]) if (bubble.dataset.id && !urgent.has(bubble.dataset.id)) this.fall(bubble.dataset.id);
  }

  fall(id) {
    this.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
    this.waiting = this.waiting.filter((one) => one.id !== id);
    const next = this.waiting.shift();
    if (next) this.rise(next);
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
