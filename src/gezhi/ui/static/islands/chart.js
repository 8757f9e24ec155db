// gz-chart: ECharts from props {kind: line|bar|pie|rank|stack, categories, series: [{name, values, colour}], unit, smooth, links}
// or {option} passed on as it is. The figures are also a table, for screen readers and when there is no canvas.
import * as echarts from "echarts";
import { count, define, ink, make, props } from "gz/core";

/** Type grows with the page: large type for older readers, and a wall of any number of lines. */
const size = () => Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * (document.documentElement.dataset.surface === "wall" ? 1.1 : 0.86));

const palette = () => [ink("--accent-bright"), "#13a8a8", "#7a5af8", "#b0640f", "#5b7a99", "#c24a91", "#6fb7e9", "#8f8a3c"];

function axes(data, flipped) {
  const quiet = { axisLine: { lineStyle: { color: ink("--line-strong") } }, axisLabel: { color: ink("--ink-2"), hideOverlap: true, fontSize: size() }, axisTick: { show: false } };
  const names = { type: "category", data: data.categories, inverse: flipped, ...quiet };
  const values = { type: "value", splitLine: { lineStyle: { color: ink("--line") } }, axisLabel: { color: ink("--ink-2"), hideOverlap: true, fontSize: size(), formatter: (value) => count(value) } };
  return flipped ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
}

function series(data) {
  const shape = { rank: "bar", stack: "bar" }[data.kind] || data.kind;
  return data.series.map((one) => ({
    name: one.name,
    type: shape,
    data: one.values,
    smooth: Boolean(data.smooth),
    smoothMonotone: "x", // a curve never shows more or less than was counted
    showSymbol: false,
    lineStyle: { width: Math.max(2, size() / 7) },
    stack: data.kind === "stack" ? "all" : undefined,
    areaStyle: shape === "line" && data.series.length === 1 ? { opacity: 0.12 } : undefined,
    itemStyle: one.colour ? { color: one.colour } : undefined,
    barMaxWidth: 28,
    label: data.kind === "rank" ? { show: true, position: "right", fontSize: size(), color: ink("--ink"), formatter: ({ value }) => count(value) } : undefined,
  }));
}

/** An ECharts option for the few kinds a metric is shown as. */
export function option(data) {
  const text = { color: ink("--ink"), fontFamily: ink("--font"), fontSize: size() };
  const common = {
    color: palette(),
    textStyle: text,
    tooltip: { trigger: data.kind === "pie" ? "item" : "axis", confine: true, valueFormatter: (value) => `${count(value)}${data.unit || ""}`, backgroundColor: ink("--surface"), borderColor: ink("--line"), textStyle: text },
    legend: data.series.length > 1 || data.kind === "pie" ? { top: 0, textStyle: { color: ink("--ink-2"), fontSize: size() }, itemHeight: size(), type: "scroll" } : undefined,
    animationDuration: 400,
  };
  if (data.kind === "pie") {
    const parts = data.categories.map((name, at) => ({ name, value: data.series[0].values[at] }));
    const figure = new Map(parts.map((part) => [part.name, part.value]));
    common.legend = { ...common.legend, top: "middle", left: "58%", orient: "vertical", formatter: (name) => `${name}  ${count(figure.get(name) || 0)}` };
    return { ...common, series: [{ type: "pie", radius: ["34%", "56%"], center: ["28%", "50%"], data: parts, label: { show: false } }] };
  }
  return { ...common, grid: { left: 8, right: data.kind === "rank" ? size() * 4 : 12, top: data.series.length > 1 ? size() * 2.6 : 12, bottom: 4, containLabel: true }, ...axes(data, data.kind === "rank"), series: series(data) };
}

class Chart extends HTMLElement {
  connectedCallback() {
    this.data = props(this);
    this.draw();
    this.repaint = () => this.draw();
    document.addEventListener("gz:appearance", this.repaint);
    this.sized = new ResizeObserver(() => this.chart?.resize());
    this.sized.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("gz:appearance", this.repaint);
    this.sized?.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  /** New figures without a new chart: the drawing moves instead of blinking. */
  update(data) {
    this.data = data;
    this.draw();
  }

  draw() {
    const data = this.data;
    const empty = !data.option && !(data.series || []).some((one) => one.values?.length);
    this.table(data, empty);
    if (empty) {
      this.chart?.dispose();
      this.chart = null;
      return;
    }
    this.canvas ??= this.appendChild(make("div", { class: "canvas", role: "img", "aria-label": this.getAttribute("label") || "" }));
    if (!this.chart) {
      this.chart = echarts.init(this.canvas, null, { renderer: "canvas" });
      this.chart.on("click", ({ dataIndex }) => this.data.links?.[dataIndex] && location.assign(this.data.links[dataIndex]));
    }
    this.chart.setOption(data.option || option(data), true);
  }

  table(data, empty) {
    const old = this.querySelector(".visually-hidden, .state");
    if (old?.contains(document.activeElement)) return; // somebody walks through it by keyboard
    old?.remove();
    if (empty) return void this.append(make("div", { class: "state" }, make("p", {}, this.getAttribute("empty") || "—")));
    if (data.option) return;
    const head = make("tr", {}, make("td", {}), ...data.series.map((one) => make("th", { scope: "col" }, one.name || "")));
    const rows = data.categories.map((name, at) => make("tr", {}, make("th", { scope: "row" }, data.links?.[at] ? make("a", { href: data.links[at] }, String(name)) : String(name)), ...data.series.map((one) => make("td", {}, count(one.values[at] ?? 0)))));
    this.prepend(make("div", { class: "visually-hidden" }, make("table", {}, make("caption", {}, this.getAttribute("label") || ""), make("thead", {}, head), make("tbody", {}, ...rows))));
  }
}

define("gz-chart", Chart);
