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
    const place = files.some((file) => file.type.startsWith("image/")) && this.hasAttribute("photo") ? await position({ timeout: 4000 }).catch(() => null) : null;
    for (const file of files) {
      try {
        const ready = file.type.startsWith("image/") && this.hasAttribute("photo") ? await shrink(file, { place, camera }) : file;
        if (limit && ready.size > limit) throw new Error(fill(_("{name} 超过 {size} MB"), { name: file.name, size: Math.round(limit / MEGABYTE) }));
        if (most === 1) this.files = [];
        if (this.files.length >= most) throw new Error(fill(_("最多 {most} 个文件"), { most }));
        this.files.push(ready);
      } catch (reason) {
        toast(reason.message, { error: true });
      }
    }
    this.draw();
  }

  draw() {
    put(this.input, this.files);
    this.list.replaceChildren(
      ...this.files.map((file, at) => {
        const remove = make("button", { type: "button", class: "btn btn-small btn-icon btn-quiet", "aria-label": fill(_("去掉 {name}"), { name: file.name }), onclick: () => (this.files.splice(at, 1), this.draw()) }, icon("x"));
        const name = make("span", { class: "clip" }, file.name);
        return make("li", {}, name, make("span", { class: "muted nowrap" }, `${(file.size / MEGABYTE).toFixed(2)} MB`), remove);
      }),
    );
    this.dispatchEvent(new CustomEvent("gz:files", { bubbles: true, detail: { files: this.files } }));
  }
}

define("gz-upload", Upload);
