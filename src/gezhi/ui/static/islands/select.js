// gz-select: a native <select> inside, made searchable by Tom Select. With `src` options are asked from the API as ?q=.
import "tom-select";
import { _, api, define } from "gz/core";

class Select extends HTMLElement {
  connectedCallback() {
    const select = this.querySelector("select");
    if (!select || select.tomselect) return;
    const src = this.getAttribute("src");
    const remote = src && {
      valueField: "id",
      labelField: "label",
      searchField: [],
      preload: "focus",
      shouldLoad: () => true,
      load: (query, done) => {
        const address = new URL(src, location.href);
        address.searchParams.set("q", query);
        api(address).then((body) => done(body.items || body), () => done());
      },
    };
    this.control = new window.TomSelect(select, {
      plugins: select.multiple ? { remove_button: { title: _("去掉") } } : {},
      maxOptions: 200,
      hidePlaceholder: true,
      render: {
        no_results: () => `<div class="no-results">${_("没有找到")}</div>`,
        loading: () => `<div class="spinner">${_("正在查找")}</div>`,
      },
      ...(remote || {}),
    });
    select.setAttribute("aria-hidden", "true"); // its label and keys now belong to the control beside it
  }

  disconnectedCallback() {
    this.control?.destroy();
  }
}

define("gz-select", Select);
