// gz-compare: two pictures of one place, before and after, under one slider (a real range input, so keys work).
import { _, define, make } from "gz/core";

class Compare extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("input")) return;
    const slider = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": _("拖动比较处置前后") });
    slider.addEventListener("input", () => this.style.setProperty("--cut", `${slider.value}%`));
    this.append(slider);
  }
}

define("gz-compare", Compare);
