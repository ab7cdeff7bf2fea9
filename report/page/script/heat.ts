// The heatmap: hover shows a pair, click holds it.
import { all, data, icon, make, one } from "./data";
import { name, number, range, value, minus } from "./matrix";
import { hold, state } from "./state";

const p = data.pairs;
const square = one(".heat .square");
const high = 139;

function percent(i: number): string { return (100 * i) / p!.n + "%"; }

function line(row: number): string {
  let d = "";
  for (let j = 0; j < p!.n; j++) {
    const v = Math.min(Math.max(value(row, j), 0), 1);
    d += `${j ? "L" : "M"}${((1000 * (j + 0.5)) / p!.n).toFixed(1)} ${(high * (1 - v)).toFixed(2)}`;
  }
  return d;
}

/** Show a pair: cross, names, value, both rows, what it means. */
export function pair(i: number, j: number): void {
  if (!p) return;
  const [column, row] = all(".heat .cross");
  column.setAttribute("x", percent(i));
  row.setAttribute("y", percent(j));
  const cell = one(".heat .cell")!;
  cell.setAttribute("x", percent(i));
  cell.setAttribute("y", percent(j));
  one(".pair .first")!.textContent = name(i);
  one(".pair .second")!.textContent = name(j);
  one(".pair .big")!.textContent = minus(value(i, j));
  one(".pair .range")!.textContent = range(i, j);
  one(".profile .ink")!.setAttribute("d", line(i));
  one(".profile .second")!.setAttribute("d", line(j));
  const peak = one(".profile .peak")!;
  peak.setAttribute("cx", percent(j + 0.5));
  peak.setAttribute("cy", String(high * (1 - Math.min(Math.max(value(i, j), 0), 1))));
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
  e.replaceChildren(icon(f), " Both layers lie in ", make("code", {}, f.c), ` ${lower(f.t)} (${f.p}). ${f.m}`);
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
  const i = Math.floor(((e.clientX - r.left) / r.width) * p!.n);
  const j = Math.floor(((e.clientY - r.top) / r.height) * p!.n);
  return i >= 0 && j >= 0 && i < p!.n && j < p!.n ? [i, j] : null;
}

export function showHeld(): void {
  if (p && state.pair) pair(...state.pair);
}

/** Move the held pair by cells; false when there is no heatmap. */
export function move(dx: number, dy: number): void {
  if (!p || !state.pair) return;
  const clamp = (x: number): number => Math.min(Math.max(x, 0), p.n - 1);
  hold({ pair: [clamp(state.pair[0] + dx), clamp(state.pair[1] + dy)] });
  one(".toast")!.textContent = `${number(state.pair[0])} and ${number(state.pair[1])}: ${minus(value(...state.pair))}`;
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
    if (c) hold({ pair: c });
  });
}
