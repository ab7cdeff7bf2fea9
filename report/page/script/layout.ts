// Where layers lie along the core: a stratum a column, or a column a layer in a block that is open.
import { data } from "./data";

export interface Cell { from: number; to: number; column: number; lane: number; lanes: number; name: string }

export const cells: Cell[] = data.cells
  ? data.cells.at.map(([from, to, column, lane, lanes], k) => ({ from, to, column, lane, lanes, name: data.cells!.names?.[k] ?? "" }))
  : data.layers.map((_, i) => ({ from: i, to: i, column: i, lane: 0, lanes: 1, name: "" }));
const columns: number[][] = [];
cells.forEach((c, k) => (columns[c.column] ??= [])[c.lane] = k);
const of = cells.flatMap((c, k) => Array<number>(c.to - c.from + 1).fill(k));

let opened = new Set<number>();
let edges: number[] = [0];

function size(c: Cell): number { return c.to - c.from + 1; }

export function cellOf(layer: number): number { return of[layer]; }

export function isBlock(k: number): boolean { return size(cells[k]) > 1; }

export function isClosed(k: number): boolean { return isBlock(k) && !opened.has(k); }

export function hasBlocks(): boolean { return cells.length < data.layers.length; }

/** How many columns the core has with these blocks open. */
export function length(open: number[]): number {
  return columns.reduce((sum, column) => sum + Math.max(1, ...column.filter((k) => open.includes(k)).map((k) => size(cells[k]))), 0);
}

/** Lay out the core with these blocks open. */
export function arrange(open: number[]): void {
  opened = new Set(open);
  const all = length(open);
  edges = [0];
  for (const column of columns) edges.push(edges[edges.length - 1] + Math.max(1, ...column.filter((k) => opened.has(k)).map((k) => size(cells[k]))) / all);
}

/** Where a place along the closed core lies now; both are shares of its length. */
export function warp(share: number): number {
  const u = share * columns.length;
  const c = Math.min(Math.max(Math.floor(u + 1e-6), 0), columns.length - 1);
  return edges[c] + (u - c) * (edges[c + 1] - edges[c]);
}

/** The stretch of a layer, or of the closed block it lies in. */
export function place(layer: number): [number, number] {
  const k = of[layer];
  const c = cells[k];
  const left = edges[c.column];
  const right = edges[c.column + 1];
  if (isClosed(k)) return [left, right];
  const one = (right - left) / size(c);
  return [left + one * (layer - c.from), left + one * (layer - c.from + 1)];
}

/** The stretch of a layer in the tracks, where those that share a column stand side by side. */
export function slot(layer: number): [number, number] {
  const { column, lane, lanes } = cells[of[layer]];
  const left = edges[column];
  const [a, b] = place(layer);
  const at = (x: number): number => left + (x - left) / lanes + (lane * (edges[column + 1] - left)) / lanes;
  return [at(a), at(b)];
}

/** The layer at a place, the first one of a closed block; across is the share of the strata's breadth, or outside of 0 to 1 in the tracks. */
export function layerAt(share: number, across: number): number {
  if (!(share >= 0 && share < 1)) return -1;
  let c = 0;
  while (c < columns.length - 1 && share >= edges[c + 1]) c++;
  const lanes = columns[c].length;
  let inside = (share - edges[c]) / (edges[c + 1] - edges[c]);
  let lane = Math.floor(across * lanes);
  if (across < 0 || across >= 1) {
    lane = Math.floor(inside * lanes);
    inside = inside * lanes - lane;
  }
  const k = columns[c][lane];
  return isClosed(k) ? cells[k].from : cells[k].from + Math.min(Math.floor(inside * size(cells[k])), size(cells[k]) - 1);
}

/** The layer before or after, over a closed block as a whole. */
export function beside(layer: number, step: number): number {
  const at = cells[of[layer]];
  const to = isClosed(of[layer]) ? (step < 0 ? at.from - 1 : at.to + 1) : layer + step;
  const there = Math.min(Math.max(to, 0), data.layers.length - 1);
  return isClosed(of[there]) ? cells[of[there]].from : there;
}
