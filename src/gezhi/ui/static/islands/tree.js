// gz-tree: the native <select> inside, shown as a tree. Options carry data-parent; with `src` children are asked as ?parent=.
import { _, api, define, icon, make } from "gz/core";

class Tree extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    if (!this.select || this.querySelector(".tree-select")) return;
    this.select.classList.add("ts-hidden-accessible");
    this.select.tabIndex = -1;
    this.select.setAttribute("aria-hidden", "true");
    this.box = make("div", { class: "tree-select", role: "tree", "aria-label": this.select.labels?.[0]?.textContent.trim() || "" });
    this.search = make("input", { type: "search", placeholder: _("按名称查找"), "aria-label": _("按名称查找"), oninput: () => this.filter() });
    this.append(this.search, this.box);
    this.box.addEventListener("click", (event) => this.clicked(event));
    this.box.addEventListener("keydown", (event) => this.keyed(event));
    this.fillFromOptions();
    if (this.getAttribute("src")) this.more("", this.root);
  }

  fillFromOptions() {
    this.root = make("ul", { class: "tree", role: "group" });
    const lists = new Map([["", this.root]]);
    for (const option of [...this.select.options].filter((one) => one.value)) {
      const parent = lists.get(option.dataset.parent || "") || this.root;
      const item = this.item(option.value, option.textContent.trim(), false);
      const inner = make("ul", { role: "group" });
      item.append(inner);
      lists.set(option.value, inner);
      parent.append(item);
    }
    this.box.append(this.root);
    this.mark();
  }

  item(id, label, more) {
    const node = make("div", { class: "node", role: "treeitem", tabindex: "0", "data-id": id, "aria-selected": "false" }, make("span", {}, label));
    if (more) node.append(make("button", { type: "button", class: "btn btn-small btn-quiet push", "data-more": id, "aria-label": _("展开下级") }, icon("chevron-down")));
    return make("li", { role: "none" }, node);
  }

  async more(parent, list) {
    const address = new URL(this.getAttribute("src"), location.href);
    address.searchParams.set("parent", parent);
    try {
      const body = await api(address);
      for (const one of body.items || body) list.append(this.item(String(one.id), one.label, one.children !== false));
      this.mark();
    } catch (reason) {
      list.append(make("li", {}, make("p", { class: "muted" }, reason.message)));
    }
  }

  clicked(event) {
    const more = event.target.closest("[data-more]");
    if (more) {
      const list = make("ul", { role: "group" });
      more.closest("li").append(list);
      more.remove();
      return void this.more(more.dataset.more, list);
    }
    const node = event.target.closest(".node");
    if (node) this.choose(node);
  }

  choose(node) {
    const id = node.dataset.id;
    if (![...this.select.options].some((option) => option.value === id)) {
      this.select.append(make("option", { value: id }, node.firstChild.textContent));
    }
    this.select.value = id;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.mark();
  }

  keyed(event) {
    const nodes = [...this.box.querySelectorAll(".node")].filter((node) => node.offsetParent);
    const at = nodes.indexOf(document.activeElement);
    if (at < 0) return;
    if (event.key === "ArrowDown") nodes[Math.min(at + 1, nodes.length - 1)].focus();
    else if (event.key === "ArrowUp") nodes[Math.max(at - 1, 0)].focus();
    else if (event.key === "ArrowRight") nodes[at].querySelector("[data-more]")?.click();
    else if (event.key === "Enter" || event.key === " ") this.choose(nodes[at]);
    else return;
    event.preventDefault();
  }

  mark() {
    for (const node of this.box.querySelectorAll(".node")) node.setAttribute("aria-selected", String(node.dataset.id === this.select.value));
  }

  filter() {
    const wanted = this.search.value.trim();
    for (const item of this.box.querySelectorAll("li")) item.hidden = Boolean(wanted) && !item.textContent.includes(wanted);
  }
}

define("gz-tree", Tree);
