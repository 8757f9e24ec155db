// gz-upload: a file input that takes drops, shows what was taken, shrinks and stamps photographs (attribute `photo`).
import { _, define, fill, icon, make, position, toast } from "gz/core";
import { put, shrink } from "gz/photo";

const MEGABYTE = 1_000_000;

class Upload extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.list = this.querySelector("ul");
    this.files = [];
    if (!this.input || this.dataset.ready) return;
    this.dataset.ready = "yes";
    if (this.hasAttribute("photo")) this.addCamera();
    this.input.addEventListener("change", () => this.take([...this.input.files]));
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.classList.add("is-over");
    });
    this.addEventListener("dragleave", () => this.classList.remove("is-over"));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.classList.remove("is-over");
      this.take([...event.dataTransfer.files]);
    });
  }

  addCamera() {
    const camera = make("input", { type: "file", accept: "image/*", capture: "environment", hidden: true });
    camera.addEventListener("change", () => this.take([...camera.files], true));
    const button = make("button", { type: "button", class: "btn btn-primary", onclick: () => camera.click() }, icon("camera"), _("拍照"));
    const album = make("button", { type: "button", class: "btn", onclick: () => this.input.click() }, icon("photo-plus"), _("从相册或文件选择"));
    this.input.classList.add("visually-hidden");
    this.input.tabIndex = -1;
    this.prepend(button, camera, album);
  }

  async take(files, camera = false) {
    const limit = Number(this.input.dataset.max || 0);
    const most = Number(this.input.dataset.most || (this.input.multiple ? 9 : 1));
    if (files.length && this.hasAttribute("photo")) this.busy(_("正在处理照片…"));
    const place = files.some((file) => file.type.startsWith("image/")) && this.hasAttribute("photo") ? await position({ timeout: 4000 }).catch(() => null) : null;
    for (const [at, file] of files.entries()) {
      try {
        if (!this.fits(file)) throw new Error(fill(_("这里不收“{name}”这类文件"), { name: file.name }));
        if (this.hasAttribute("photo")) this.busy(fill(_("正在处理照片 {at}/{all}"), { at: at + 1, all: files.length }));
        const ready = file.type.startsWith("image/") && this.hasAttribute("photo") ? await shrink(file, { place, camera }) : file;
        if (limit && ready.size > limit) throw new Error(fill(_("{name} 超过 {size} MB"), { name: file.name, size: Math.round(limit / MEGABYTE) }));
        if (most === 1) this.files = [];
        if (this.files.length >= most) throw new Error(fill(_("最多 {most} 个文件"), { most }));
        this.files.push(ready);
      } catch (reason) {
        toast(reason.message, { error: true });
      }
    }
    this.busy("");
    this.draw();
  }

  /** Whether a file is of a sort that is asked for; what has no type is left to the server. */
  fits(file) {
    const wanted = (this.input.accept || "").split(",").filter(Boolean);
    const ending = /\.(exe|msi|apk|bat|cmd|js|html?|svg|jar|sh|dmg)$/i.test(file.name);
    return !ending && (!wanted.length || !file.type || wanted.some((one) => file.type.startsWith(one.replace("*", ""))));
  }

  /** A large picture takes a slow phone some seconds: it says so, and the form waits for it. */
  busy(words) {
    this.waits ??= make("p", { class: "busy", role: "status", hidden: true });
    if (!this.waits.isConnected) this.list.before(this.waits);
    this.waits.textContent = words;
    this.waits.hidden = !words;
    this.toggleAttribute("data-busy", Boolean(words));
  }

  /** A small view of a picture; of anything else a sign. */
  picture(file) {
    if (!/^image\/(jpeg|png|webp|gif)$/.test(file.type)) return icon(file.type.startsWith("image/") ? "photo" : "file-description");
    const view = make("img", { alt: "", width: 56, height: 42 });
    view.addEventListener("load", () => URL.revokeObjectURL(view.src), { once: true });
    view.src = URL.createObjectURL(file);
    return view;
  }

  draw() {
    put(this.input, this.files);
    this.list.replaceChildren(
      ...this.files.map((file, at) => {
        const remove = make("button", { type: "button", class: "btn btn-small btn-icon btn-quiet", "aria-label": fill(_("去掉 {name}"), { name: file.name }), onclick: () => (this.files.splice(at, 1), this.draw()) }, icon("x"));
        const name = make("span", { class: "clip" }, file.name);
        return make("li", {}, this.picture(file), name, make("span", { class: "muted nowrap" }, `${(file.size / MEGABYTE).toFixed(2)} MB`), remove);
      }),
    );
    this.dispatchEvent(new CustomEvent("gz:files", { bubbles: true, detail: { files: this.files } }));
  }
}

define("gz-upload", Upload);
