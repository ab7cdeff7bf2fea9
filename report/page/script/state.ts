// What is held, and its place in the address: a copied link shows the same view.
import { data } from "./data";
import { cells, isBlock } from "./layout";
import { number } from "./matrix";
import { views } from "./measures";

export interface State { layer: number; pair: [number, number] | null; open: number[]; zoom: [number, number] | null; by: number; raw: boolean }

export const state: State = { layer: data.held ?? -1, pair: data.pairs ? data.pairs.held : null, open: [], zoom: null, by: 0, raw: false };

const listeners: (() => void)[] = [];

export function onChange(f: () => void): void { listeners.push(f); }

/** Read the address. Numbers out of range are left alone. */
export function read(): void {
  const q = new URLSearchParams(location.hash.slice(1));
  const layer = Number(q.get("layer")) - 1;
  if (Number.isInteger(layer) && data.layers[layer]) state.layer = layer;
  const pair = (q.get("pair") ?? "").split(",").map((s) => data.pairs ? data.pairs.layers.indexOf(Number(s) - 1) : -1);
  const open = (q.get("open") ?? "").split(",").map((s) => cells.findIndex((c, k) => isBlock(k) && c.from === Number(s) - 1));
  state.open = open.filter((k) => k >= 0);
  const zoom = (q.get("zoom") ?? "").split("-").map((s) => data.pairs ? data.pairs.layers.findIndex((_, r) => number(r) === Number(s)) : -1);
  state.zoom = zoom.length === 2 && zoom[0] >= 0 && zoom[0] < zoom[1] ? [zoom[0], zoom[1]] : null;
  const by = Number(q.get("measure")) - 1;
  state.by = Number.isInteger(by) && views[by] ? by : 0;
  state.raw = q.get("cosine") === "raw";
  if (pair.length === 2 && pair[0] >= 0 && pair[1] >= 0) state.pair = [pair[0], pair[1]];
}

/** Change what is held, write the address, tell everybody. */
export function hold(change: Partial<State>): void {
  Object.assign(state, change);
  const parts: string[] = [];
  if (state.layer >= 0 && state.layer !== data.held) parts.push(`layer=${state.layer + 1}`);
  const p = data.pairs;
  if (p && state.pair && state.pair.join() !== p.held.join()) parts.push(`pair=${state.pair.map((r) => p.layers[r] + 1).join(",")}`);
  if (state.zoom) parts.push(`zoom=${number(state.zoom[0])}-${number(state.zoom[1])}`);
  if (state.by) parts.push(`measure=${state.by + 1}`);
  if (state.raw) parts.push("cosine=raw");
  if (state.open.length) parts.push(`open=${state.open.map((k) => cells[k].from + 1).join(",")}`);
  history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
  for (const f of listeners) f();
}

export function tell(): void { for (const f of listeners) f(); }
