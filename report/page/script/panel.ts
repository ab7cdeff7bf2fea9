// The layer panel: follows the pointer, falls back to the held layer.
import { button, reveal } from "./blocks";
import { data, draw, icon, make, one, type Layer } from "./data";
import { cellOf, cells, isClosed } from "./layout";
import { minus, nearest, value } from "./matrix";
import { state } from "./state";

const panel = one(".panel");
let shown = "";

/** The layers that are shown for a layer: those of its block while it is closed. */
function layersOf(i: number): Layer[] {
  const c = cells[cellOf(i)];
  return isClosed(cellOf(i)) ? data.layers.slice(c.from, c.to + 1) : [data.layers[i]];
}

/** The layers of a block that have a measure, by their rank. */
function ranked(i: number, k: number): Layer[] {
  return layersOf(i).filter((l) => (l.r?.[k] ?? -1) >= 0).sort((a, b) => a.r![k] - b.r![k]);
}

/** A measure of a layer, or the least and the most of a closed block. */
export function spread(i: number, k: number): string {
  if (!isClosed(cellOf(i))) return data.layers[i].v?.[k] ?? "";
  const all = ranked(i, k);
  if (!all.length) return "\u2013";
  const [least, most] = [all[0].v![k], all[all.length - 1].v![k]];
  const unit = / (%|pt)$/.exec(most)?.[0] ?? "";
  return least === most ? least : `${least.endsWith(unit) ? least.slice(0, least.length - unit.length) : least} to ${most}`;
}

function measures(i: number): HTMLElement | null {
  const labels = data.labels ?? [];
  if (!labels.length) return null;
  const dl = make("dl");
  labels.forEach((label, k) => {
    const svg = draw("svg", { class: "tickline" }, draw("rect", { class: "rail", y: "5", width: "64", height: "4", rx: "2" }));
    const all = ranked(i, k);
    if (all.length) {
      const [least, most] = [all[0].r![k], all[all.length - 1].r![k]];
      svg.append(draw("rect", { class: "mark", x: String(least), y: "1", width: String(most - least + 3), height: "11", rx: "1" }));
    }
    const tick = make("dd", { "aria-hidden": "true" });
    tick.append(svg);
    dl.append(make("dt", {}, label), tick, make("dd", { class: "mono" }, spread(i, k) || "–"));
  });
  return dl;
}

function touching(i: number): HTMLElement[] {
  const layers = layersOf(i);
  const what = isClosed(cellOf(i)) ? "block" : "layer";
  const found = [...new Set(layers.flatMap((l) => l.f ?? []))].sort((a, b) => a - b).map((k) => data.findings[k]).filter((f) => !f.x);
  if (!found.length) return [make("p", { class: "touch quiet" }, layers.every((l) => l.b) ? `Not assessed: no rule could measure this ${what}.` : `No finding touches this ${what}.`)];
  return found.map((f) => {
    const e = make("div", { class: "touch" });
    e.append(icon(f), make("strong", {}, make("code", {}, f.c), " " + f.t), make("p", {}, f.m));
    return e;
  });
}

function near(i: number): HTMLElement | null {
  const p = data.pairs;
  const row = p ? p.layers.indexOf(i) : -1;
  if (!p || row < 0 || p.n < 2 || isClosed(cellOf(i))) return null;
  const e = make("div", { class: "near" }, "Most similar", make("br"));
  for (const r of nearest(row, 3)) {
    const b = make("button", { type: "button" }, `${p.layers[r] + 1} ${minus(value(row, r))}`);
    b.addEventListener("click", () => reveal(p.layers[r]));
    e.append(b);
  }
  return e;
}

/** What is shown: title, name, and what kind it is. */
function naming(i: number): [string, string, string] {
  const c = cells[cellOf(i)];
  if (!isClosed(cellOf(i))) return [`Layer ${i + 1}`, data.layers[i].n, data.kinds[data.layers[i].k]];
  return [`Layers ${c.from + 1}\u2013${c.to + 1}`, c.name, `a block of ${c.to - c.from + 1} layers, closed`];
}

/** The bar at the bottom edge of a phone. */
function brief(i: number): HTMLElement {
  const [title, name] = naming(i);
  const f = layersOf(i).flatMap((l) => l.f ?? []).sort((a, b) => a - b).map((k) => data.findings[k]).find((g) => !g.x);
  const line = make("p", { class: "line" }, make("strong", {}, title));
  const says = make("span");
  if (f) says.append(icon(f), " ", make("code", {}, f.c), " " + f.t);
  else says.append(name);
  line.append(says);
  const values = make("p");
  (data.brief ?? []).forEach((name, k) => {
    if (name) values.append(make("span", {}, name + " ", make("b", { class: "mono" }, spread(i, k) || "–")));
  });
  return make("div", { class: "brief" }, line, values);
}

/** Show a layer, or the held one for -1. */
export function show(i: number): void {
  if (i < 0) i = state.layer;
  const now = `${i} ${isClosed(cellOf(i))}`;
  if (!panel || now === shown || !data.layers[i]) return;
  shown = now;
  const [title, name, kind] = naming(i);
  const parts: (HTMLElement | null)[] = [
    brief(i), make("h3", {}, title + " ", make("span", {}, `of ${data.layers.length}`)), make("code", { class: "name" }, name),
    make("p", { class: "kind" }, kind), measures(i), ...touching(i), near(i), button(i),
  ];
  panel.replaceChildren(...parts.filter((p): p is HTMLElement => p !== null));
}
