// gz-recorder: a voice note for the file input inside. Attribute `seconds`: the longest note (120 by default).
import { _, define, fill, icon, make } from "gz/core";
import { put } from "gz/photo";

const clockWords = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Recorder extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    if (!this.input || this.dataset.ready) return;
    this.dataset.ready = "yes";
    this.longest = Number(this.getAttribute("seconds") || 120);
    this.button = make("button", { type: "button", class: "btn btn-block" }, icon("microphone"), make("span", {}, _("按一下开始录音")));
    this.words = make("p", { class: "muted", role: "status" });
    this.bar = make("i");
    this.level = make("div", { class: "level", hidden: true, "aria-hidden": "true" }, this.bar);
    this.button.addEventListener("click", () => (this.recorder ? this.stop() : this.start()));
    this.append(this.button, this.level, this.words);
    // The plain file input stays for browsers that cannot record.
    if (navigator.mediaDevices && window.MediaRecorder) this.input.hidden = true;
    else this.button.hidden = true;
  }

  disconnectedCallback() {
    this.stop();
  }

  label(name, words) {
    this.button.replaceChildren(icon(name), make("span", {}, words));
  }

  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.words.textContent = _("没有麦克风权限。请在浏览器设置中允许，或改用文字。");
      return;
    }
    const chunks = [];
    const type = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg"].find((one) => MediaRecorder.isTypeSupported(one));
    this.recorder = new MediaRecorder(this.stream, type ? { mimeType: type, audioBitsPerSecond: 32000 } : {});
    this.recorder.ondataavailable = (event) => chunks.push(event.data);
    this.recorder.onstop = () => this.done(new Blob(chunks, { type: this.recorder.mimeType }));
    this.recorder.start(1000);
    this.began = Date.now();
    this.label("player-stop", _("停止录音"));
    this.meter();
  }

  meter() {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    this.level.hidden = false;
    this.timer = setInterval(() => {
      analyser.getByteTimeDomainData(samples);
      const loud = Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128;
      this.bar.style.width = `${Math.round(loud * 100)}%`;
      const seconds = (Date.now() - this.began) / 1000;
      this.words.textContent = fill(_("正在录音 {now} / {most}"), { now: clockWords(seconds), most: clockWords(this.longest) });
      if (seconds >= this.longest) this.stop();
    }, 100);
    this.context = context;
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close();
    this.context = null;
    if (this.recorder?.state === "recording") this.recorder.stop();
    for (const track of this.stream?.getTracks() || []) track.stop();
  }

  done(blob) {
    const ending = blob.type.includes("mp4") ? "m4a" : blob.type.includes("ogg") ? "ogg" : "weba";
    put(this.input, [new File([blob], `voice.${ending}`, { type: blob.type.split(";")[0] })]);
    this.recorder = null;
    this.level.hidden = true;
    this.querySelector("audio")?.remove();
    this.append(make("audio", { controls: true, src: URL.createObjectURL(blob) }));
    this.label("microphone", _("重新录音"));
    this.words.textContent = _("已录好，提交时一并发送。");
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

define("gz-recorder", Recorder);
