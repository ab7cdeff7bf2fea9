// The heatmap: hover shows a pair, click holds it, a block opens to its cells.
import { all, data, icon, make, one } from "./data";
import { cellOf, cells, isClosed } from "./layout";
import * as choice from "./choice";
import { name, number, value, minus } from "./matrix";
import * as measures from "./measures";
import { hold, state } from "./state";
import * as zoom from "./zoom";

const p = data.pairs;
const square = one(".heat .square");
const high = 139;
const lines = one(".pair .lines")?.textContent ?? "";

function percent(i: number): string { return (100 * i) / p!.n + "%"; }

/** Put an element over rows of the view, along x or y; outside of the view it is not shown. */
function put(e: Element, along: "x" | "y", from: number, to: number): void {
  const [a, b] = zoom.view();
  const first = Math.max(from, a);
  const last = Math.min(to, b);
  e.classList.toggle("away", first > last);
  e.setAttribute(along, (100 * (first - a)) / (b - a + 1) + "%");
  e.setAttribute(along === "x" ? "width" : "height", (100 * Math.max(last - first + 1, 0)) / (b - a + 1) + "%");
}

/** Mark a layer's row and column, or those of its closed block. */
export function layer(i: number): void {
  if (!p) return;
  const c = cells[cellOf(i)];
  const rows = p.layers.flatMap((l, r) => (isClosed(cellOf(i)) ? l >= c.from && l <= c.to : l === i) ? [r] : []);
  const [from, to] = rows.length ? [rows[0], rows[rows.length - 1]] : [0, -1];
  for (const e of all(".heat .held-column")) put(e, "x", from, to);
  for (const e of all(".heat .held-row")) put(e, "y", from, to);
  const stripe = one(".profile .held");
  stripe?.setAttribute("x", percent(from));
  stripe?.setAttribute("width", percent(to - from + 1));
}

/** The measure whose rows are drawn: CKA beside the disagreement. */
function drawn(): number { return state.by < measures.carried ? state.by : 0; }

function line(row: number): string {
  let d = "";
  for (let j = 0; j < p!.n; j++) {
    const v = measures.shade(drawn(), row, j);
    d += `${j ? "L" : "M"}${((1000 * (j + 0.5)) / p!.n).toFixed(1)} ${(high * (1 - v)).toFixed(2)}`;
  }
  return d;
}

/** Show a pair: cross, names, value, both rows, what it means. */
export function pair(i: number, j: number): void {
  if (!p) return;
  const [column, row] = all(".heat .cross");
  put(column, "x", i, i);
  put(row, "y", j, j);
  const cell = one(".heat .cell")!;
  put(cell, "x", i, i);
  if (!cell.classList.contains("away")) put(cell, "y", j, j);
  one(".pair .first")!.textContent = name(i);
  one(".pair .second")!.textContent = name(j);
  const k = drawn();
  const within = measures.range(k, i, j);
  const apart = state.by >= measures.carried;
  one(".pair .big")!.textContent = minus(measures.says(state.by, i, j));
  one(".pair .range")!.textContent = apart ? "of all pairs between the measures" : within && `${p.level} % range ${within}`;
  one(".pair .lines")!.textContent = lines + (apart ? ` \u00b7 ${measures.views[0]}` : p.measures[k].distance ? ` \u00b7 1 less the distance over ${minus(p.measures[k].most)}` : "");
  all<HTMLTableRowElement>(".measures tbody tr").forEach((row, m) => {
    row.classList.toggle("drawn", m === state.by);
    const says = m >= measures.carried ? ["in the result file", "", "", ""] : [minus(measures.value(m, i, j)), measures.range(m, i, j), measures.chance(m, i, j), i === j ? "" : `${(100 * measures.rank(m, i, j)).toFixed(0)} %`];
    says.forEach((s, c) => { row.cells[c + 1].textContent = s; });
  });
  const agree = one(".agree");
  if (agree) {
    agree.textContent = measures.verdict(i, j);
    agree.classList.toggle("apart", measures.disagree(i, j));
  }
  one(".profile .ink")!.setAttribute("d", line(i));
  one(".profile .second")!.setAttribute("d", line(j));
  const peak = one(".profile .peak")!;
  peak.setAttribute("cx", percent(j + 0.5));
  peak.setAttribute("cy", String(high * (1 - measures.shade(k, i, j))));
  means(i, j);
}

function means(i: number, j: number): void {
  const e = one(".means")!;
  const block = (p!.blocks ?? []).find(([from, to]) => i >= from && i <= to && j >= from && j <= to);
  if (!block) {
    e.replaceChildren(`They share ${amount(value(i, j))}.`);
    return;
  }
  const f = data.findings[block[2]];
  e.replaceChildren(icon(f), i === j ? " The layer lies in " : " Both layers lie in ", make("code", {}, f.c), ` ${lower(f.t)} (${f.p}). ${f.m.replace(/\.?$/, ".")}`);
  if (f.d) e.append(` Treatment: ${lower(f.d)}.`);
}

function lower(s: string): string {
  return s.length > 1 && s[1] === s[1].toUpperCase() ? s : s.charAt(0).toLowerCase() + s.slice(1);
}

function amount(v: number): string {
  const most = v >= 0.9 ? "nearly all" : v >= 0.6 ? "much" : v >= 0.3 ? "some" : "little";
  return most + " of what they represent";
}

function at(e: MouseEvent): [number, number] | null {
  const r = square!.getBoundingClientRect();
  const [a, b] = zoom.view();
  const i = a + Math.floor(((e.clientX - r.left) / r.width) * (b - a + 1));
  const j = a + Math.floor(((e.clientY - r.top) / r.height) * (b - a + 1));
  return i >= a && j >= a && i <= b && j <= b ? [i, j] : null;
}

export function showHeld(): void {
  if (!p) return;
  choice.lay();
  zoom.lay();
  if (state.pair) pair(...state.pair);
  layer(state.layer);
}

/** Move the held pair by cells; false when there is no heatmap. */
export function move(dx: number, dy: number): void {
  if (!p || !state.pair) return;
  const [a, b] = zoom.view();
  const clamp = (x: number): number => Math.min(Math.max(x, a), b);
  hold({ pair: [clamp(state.pair[0] + dx), clamp(state.pair[1] + dy)] });
  one(".toast")!.textContent = `${number(state.pair[0])} and ${number(state.pair[1])}: ${minus(measures.says(state.by, ...state.pair))}. ${measures.verdict(...state.pair)}`;
}

export function start(): void {
  if (!p || !square) return;
  square.addEventListener("pointermove", (e) => {
    const c = at(e);
    if (c && e.pointerType !== "touch") pair(...c);
  });
  square.addEventListener("pointerleave", showHeld);
  square.addEventListener("click", (e) => {
    const c = at(e);
    if (c) hold({ pair: c, zoom: state.zoom ?? zoom.outlined(...c) });
  });
  zoom.start(one(".heat")!, square);
  choice.start();
}
