// The similarity of all pairs: 16 or 8 bits a value from -1 to 1, upper half by rows.
import { data } from "./data";

export function bytes(text: string | undefined): Uint8Array | null {
  return text ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : null;
}

const p = data.pairs;
const raw = bytes(p?.v);
const low = bytes(p?.lo);
const high = bytes(p?.hi) ?? low;

/** Where a pair of n rows stands in an upper half. */
export function slot(i: number, j: number, n = p!.n): number {
  if (i > j) [i, j] = [j, i];
  return i * n - (i * (i - 1)) / 2 + j - i;
}

export function value(i: number, j: number): number {
  const k = slot(i, j);
  return p!.wide === 1 ? raw![k] / 127 - 1 : (raw![2 * k] + 256 * raw![2 * k + 1]) / 32767 - 1;
}

/** The interval of a pair, empty where there is none. */
export function range(i: number, j: number): string {
  if (!low || !high) return "";
  const k = slot(i, j);
  const v = value(i, j);
  return `${minus(v - low[k] / 1000)} to ${minus(v + high[k] / 1000)}`;
}

/** Two decimals with a true minus, none before zero. */
export function minus(v: number): string { return v.toFixed(2).replace(/^-(?=.*[1-9])/, "\u2212").replace("-", ""); }

export function nearest(row: number, most: number): number[] {
  const rows = Array.from({ length: p!.n }, (_, r) => r).filter((r) => r !== row);
  rows.sort((a, b) => value(row, b) - value(row, a) || a - b);
  return rows.slice(0, most);
}

export function name(row: number): string {
  const l = p!.layers[row];
  return `${l < 0 ? row + 1 : l + 1} ${p!.names ? p!.names[row] : data.layers[l].n}`;
}

export function number(row: number): number { return p!.layers[row] < 0 ? row + 1 : p!.layers[row] + 1; }
