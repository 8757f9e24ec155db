// gz-rows: a list of small records for the JSON text box inside. The questions of a row are in the script element beside it.
import { _, api, define, icon, make } from "gz/core";

class Rows extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("textarea");
    const script = this.querySelector('script[type="application/json"]');
    if (!this.box || !script || this.dataset.ready) return;
    this.dataset.ready = "yes";
    this.of = JSON.parse(script.textContent);
    this.box.hidden = true;
    this.body = make("tbody");
    const head = make("tr", {}, ...this.of.map((one) => make("th", { scope: "col" }, one.label)), make("td", {}));
    this.append(make("div", { class: "table-wrap" }, make("table", { class: "table" }, make("thead", {}, head), this.body)));
    this.append(make("button", { type: "button", class: "btn btn-small", onclick: () => this.add({}) }, icon("plus"), _("加一行")));
    let rows = [];
    try {
      rows = JSON.parse(this.box.value || "[]");
    } catch {
      rows = [];
    }
    if (!rows.length) rows = [{}];
    rows.forEach((row) => this.add(row));
  }

  control(one, value) {
    const plain = value && typeof value === "object" ? value.id ?? "" : value ?? "";
    const common = { "data-name": one.name, "aria-label": one.label };
    if (one.options || one.type === "link") {
      const select = make("select", common, make("option", { value: "" }, _("请选择")));
      for (const [code, label] of one.options || []) select.append(make("option", { value: code, selected: String(plain) === String(code) }, label));
      if (one.src) this.fill(select, one.src, plain);
      return select;
    }
    const kind = { number: "number", date: "date", checkbox: "checkbox" }[one.type] || "text";
    const input = make("input", { ...common, type: kind, class: kind === "checkbox" ? "" : "input" });
    if (kind === "checkbox") input.checked = Boolean(plain);
    else input.value = plain;
    return input;
  }

  async fill(select, src, chosen) {
    try {
      const body = await api(src);
      for (const one of body.items || body) select.append(make("option", { value: one.id, selected: String(one.id) === String(chosen) }, one.label || one.name));
    } catch (reason) {
      select.title = reason.message;
    }
  }

  add(row) {
    const line = make("tr", {}, ...this.of.map((one) => make("td", {}, this.control(one, row[one.name]))));
    const remove = make("button", { type: "button", class: "btn btn-small btn-icon btn-quiet", "aria-label": _("去掉这一行"), onclick: () => (line.remove(), this.keep()) }, icon("x"));
    line.append(make("td", { class: "pick" }, remove));
    line.addEventListener("input", () => this.keep());
    line.addEventListener("change", () => this.keep());
    this.body.append(line);
    this.keep();
  }

  keep() {
    const rows = [...this.body.rows].map((line) => Object.fromEntries([...line.querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input.type === "checkbox" ? input.checked : input.value])));
    this.box.value = JSON.stringify(rows.filter((row) => Object.values(row).some((value) => value !== "" && value !== false)));
  }
}

define("gz-rows", Rows);
