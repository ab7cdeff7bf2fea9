// The layer panel: follows the pointer, falls back to the held layer.
import { data, draw, icon, make, one } from "./data";
import { nearest, value } from "./matrix";
import { hold, state } from "./state";

const panel = one(".panel");
let shown = -1;

function measures(i: number): HTMLElement | null {
  const labels = data.labels ?? [];
  if (!labels.length) return null;
  const l = data.layers[i];
  const dl = make("dl");
  labels.forEach((label, k) => {
    const svg = draw("svg", { class: "tickline" }, draw("rect", { class: "rail", y: "5", width: "64", height: "4", rx: "2" }));
    const rank = l.r?.[k] ?? -1;
    if (rank >= 0) svg.append(draw("rect", { class: "mark", x: String(rank), y: "1", width: "3", height: "11", rx: "1" }));
    const tick = make("dd", { "aria-hidden": "true" });
    tick.append(svg);
    dl.append(make("dt", {}, label), tick, make("dd", { class: "mono" }, l.v?.[k] ?? "–"));
  });
  return dl;
}

function touching(i: number): HTMLElement[] {
  const found = (data.layers[i].f ?? []).map((k) => data.findings[k]).filter((f) => !f.x);
  if (!found.length) return [make("p", { class: "touch quiet" }, data.layers[i].b ? "Not assessed: no rule could measure this layer." : "No finding touches this layer.")];
  return found.map((f) => {
    const e = make("div", { class: "touch" });
    e.append(icon(f), make("strong", {}, make("code", {}, f.c), " " + f.t), make("p", {}, f.m));
    return e;
  });
}

function near(i: number): HTMLElement | null {
  const p = data.pairs;
  const row = p ? p.layers.indexOf(i) : -1;
  if (!p || row < 0 || p.n < 2) return null;
  const e = make("div", { class: "near" }, "Most similar", make("br"));
  for (const r of nearest(row, 3)) {
    const b = make("button", { type: "button" }, `${p.layers[r] + 1} ${value(row, r).toFixed(2)}`);
    b.addEventListener("click", () => hold({ layer: p.layers[r] }));
    e.append(b);
  }
  return e;
}

/** The bar at the bottom edge of a phone. */
function brief(i: number): HTMLElement {
  const l = data.layers[i];
  const f = (l.f ?? []).map((k) => data.findings[k]).find((g) => !g.x);
  const line = make("p", { class: "line" }, make("strong", {}, `Layer ${i + 1}`));
  const says = make("span");
  if (f) says.append(icon(f), " ", make("code", {}, f.c), " " + f.t);
  else says.append(l.n);
  line.append(says);
  const values = make("p");
  (data.brief ?? []).forEach((name, k) => {
    if (name) values.append(make("span", {}, name + " ", make("b", { class: "mono" }, l.v?.[k] ?? "–")));
  });
  return make("div", { class: "brief" }, line, values);
}

/** Show a layer, or the held one for -1. */
export function show(i: number): void {
  if (i < 0) i = state.layer;
  if (!panel || i === shown || !data.layers[i]) return;
  shown = i;
  const l = data.layers[i];
  const parts: (HTMLElement | null)[] = [
    brief(i), make("h3", {}, `Layer ${i + 1} `, make("span", {}, `of ${data.layers.length}`)), make("code", { class: "name" }, l.n),
    make("p", { class: "kind" }, l.k), measures(i), ...touching(i), near(i),
  ];
  panel.replaceChildren(...parts.filter((p): p is HTMLElement => p !== null));
}
