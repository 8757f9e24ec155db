// gz-live: one stream of events a page. Attributes: src (address), topics (space separated, sent as ?topics=).
// Each event becomes: CustomEvent "gz:event" on document (detail {id, topic, data}); "gz:<topic>" on body, so that
// hx-trigger="gz:topic from:body" refreshes a fragment; counters [data-live-count=name] take data.counts[name].
// The browser resumes with Last-Event-ID; when it gives up (a restart behind a proxy) we resume with ?last=.
import { count, define } from "gz/core";

const RETRY = [1000, 2000, 5000, 10000, 30000];
const SILENCE = 75000;

class Live extends HTMLElement {
  connectedCallback() {
    this.tries = 0;
    this.last = "";
    this.open();
    this.wake = () => document.visibilityState === "visible" && this.source?.readyState === 2 && this.open();
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.wake);
    this.watch = setInterval(() => this.checkSilence(), 15000);
  }

  disconnectedCallback() {
    this.source?.close();
    clearTimeout(this.timer);
    clearInterval(this.watch);
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    const address = new URL(this.getAttribute("src"), location.href);
    const topics = (this.getAttribute("topics") || "").split(/\s+/).filter(Boolean);
    if (topics.length) address.searchParams.set("topics", topics.join(","));
    if (this.last) address.searchParams.set("last", this.last);
    this.source = new EventSource(address, { withCredentials: true });
    this.heardAt = Date.now();
    this.source.onopen = () => this.say("on");
    this.source.onerror = () => this.lost();
    const hear = (event) => this.hear(event);
    for (const name of new Set(["message", "ping", "reset", ...topics])) this.source.addEventListener(name, hear);
  }

  lost() {
    this.say("off");
    if (this.source.readyState !== 2) return;
    const wait = RETRY[Math.min(this.tries, RETRY.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  // A connection that a middle box dropped without a word looks open for ever: the server pings, so silence means loss.
  checkSilence() {
    if (this.pings && Date.now() - this.heardAt > SILENCE) this.open();
  }

  say(state) {
    if (state === "on") this.tries = 0;
    if (this.dataset.state === state) return;
    this.dataset.state = state;
    document.dispatchEvent(new CustomEvent("gz:link", { detail: { state } }));
  }

  hear(event) {
    this.heardAt = Date.now();
    if (event.lastEventId) this.last = event.lastEventId;
    if (event.type === "ping") {
      this.pings = true;
      return;
    }
    let data = event.data;
    try {
      data = JSON.parse(event.data);
    } catch {
      // plain text is passed on as it is
    }
    const topic = (data && (data.topic || data.kind)) || event.type;
    for (const [name, value] of Object.entries((data && data.counts) || {})) this.counter(name, value);
    document.dispatchEvent(new CustomEvent("gz:event", { detail: { id: event.lastEventId, topic, data } }));
    document.body.dispatchEvent(new CustomEvent(`gz:${topic}`, { detail: data }));
  }

  counter(name, value) {
    for (const place of document.querySelectorAll(`[data-live-count="${CSS.escape(name)}"]`)) {
      place.textContent = count(value);
      place.hidden = !value;
    }
  }
}

define("gz-live", Live);
