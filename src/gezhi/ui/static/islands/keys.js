// gz-keys: / search, j k move through rows, Enter opens, ? lists the keys.
import { _, define, make } from "gz/core";

const HELP = [
  ["/", _("定位到搜索框")],
  ["j", _("下一条")],
  ["k", _("上一条")],
  ["Enter", _("打开当前条")],
  ["Esc", _("关闭菜单或离开输入框")],
  ["?", _("显示这些按键")],
];

const rows = () => [...document.querySelectorAll('[data-keys="rows"] tbody tr, [data-keys="rows"] .queue-row')];
const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

class Keys extends HTMLElement {
  connectedCallback() {
    this.heard = (event) => this.hear(event);
    document.addEventListener("keydown", this.heard);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.heard);
  }

  hear(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = { "/": () => this.search(), j: () => this.move(1), k: () => this.move(-1), Enter: () => this.open(event), "?": () => this.help() }[event.key];
    if (act && act() !== false) event.preventDefault();
  }

  search() {
    const box = document.querySelector('[data-key="/"]');
    if (!box) return false;
    box.focus();
    box.select();
    return true;
  }

  move(step) {
    const all = rows();
    if (!all.length) return false;
    const at = all.findIndex((row) => row.classList.contains("is-at"));
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
    for (const row of all) row.classList.toggle("is-at", row === next);
    (next.matches("a") ? next : next.querySelector("a"))?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  open(event) {
    if (event.target.closest("a, button, summary")) return false;
    const at = rows().find((row) => row.classList.contains("is-at"));
    const link = at && (at.matches("a") ? at : at.querySelector("a"));
    if (!link) return false;
    link.click();
    return true;
  }

  help() {
    const list = make("dl", { class: "keys" });
    for (const [name, words] of HELP) list.append(make("dt", {}, make("kbd", {}, name)), make("dd", {}, words));
    const close = make("button", { class: "btn push", type: "button", onclick: () => dialog.close() }, _("关闭"));
    const dialog = make("dialog", { "aria-label": _("按键") }, make("header", {}, make("h2", {}, _("按键")), close), list);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }
}

define("gz-keys", Keys);
