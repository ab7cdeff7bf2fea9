// Further measures of all pairs beside CKA, and where they disagree.
import { data } from "./data";
import { bytes, minus, range as rangeOf, slot, value as cka } from "./matrix";

const p = data.pairs;

const raw = (p?.measures ?? []).map((m) => ({ v: bytes(m.v), lo: bytes(m.lo), hi: bytes(m.hi ?? m.lo), p: bytes(m.p) }));
const apart = bytes(p?.apart);

/** How many measures the page carries. */
export const carried = raw.filter((r, k) => k === 0 || r.v).length;
/** What can be drawn: the measures, and then the disagreement if it is known. */
export const views: string[] = p ? [...p.measures.slice(0, carried).map((m) => m.name), ...(apart && carried > 1 ? ["disagreement"] : [])] : [];

export function value(k: number, i: number, j: number): number {
  if (k === 0) return cka(i, j);
  const m = p!.measures[k];
  const at = slot(i, j);
  const v = raw[k].v!;
  const least = m.least ?? 0;
  return least + (m.most - least) * (m.wide === 1 ? v[at] / 255 : (v[2 * at] + 256 * v[2 * at + 1]) / 65535);
}

/** What a view says of a pair, and how alike or how far apart that is, 0 to 1. */
export function says(view: number, i: number, j: number): number {
  return view < carried ? value(view, i, j) : i === j ? 0 : apart![slot(i, j)] / 200;
}

export function shade(view: number, i: number, j: number): number {
  const v = says(view, i, j);
  const m = view < carried ? p!.measures[view] : null;
  return Math.min(Math.max(m?.distance ? 1 - v / m.most : v, 0), 1);
}

/** The interval of a pair by a measure, empty where the page has none. */
export function range(k: number, i: number, j: number): string {
  if (k === 0) return rangeOf(i, j);
  const { lo, hi } = raw[k];
  if (!lo || !hi) return "";
  const v = value(k, i, j);
  const at = slot(i, j);
  return `${minus(v - lo[at] / 1000)} to ${minus(v + hi[at] / 1000)}`;
}

/** Raised digits from 0 to 9. */
export const raised = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

/** The p of a pair for all pairs. */
export function chance(k: number, i: number, j: number): string {
  const b = raw[k].p;
  if (!b || i === j) return "";
  const e = b[slot(i, j)] / 8 - Math.log10(Math.max((p!.n * (p!.n - 1)) / 2, 1));
  if (e <= 0) return "1";
  if (e >= 3) return "< 10\u207b" + Array.from(String(Math.floor(e)), (c) => raised[Number(c)]).join("");
  return (10 ** -e).toFixed(Math.floor(e) + 1);
}

const sorted: (Float64Array | undefined)[] = [];

/** The share of pairs that are less alike by a measure, ties half. */
export function rank(k: number, i: number, j: number): number {
  const sign = p!.measures[k].distance ? -1 : 1;
  if (!sorted[k]) {
    const all: number[] = [];
    for (let a = 0; a < p!.n; a++) for (let b = a + 1; b < p!.n; b++) all.push(sign * value(k, a, b));
    sorted[k] = Float64Array.from(all).sort();
  }
  const all = sorted[k]!;
  const v = sign * value(k, i, j);
  const below = (most: boolean): number => {
    let lo = 0;
    let hi = all.length;
    while (lo < hi) {
      const at = (lo + hi) >> 1;
      if (all[at] < v || (most && all[at] === v)) lo = at + 1;
      else hi = at;
    }
    return lo;
  };
  return (below(false) + below(true) - 1) / 2 / Math.max(all.length - 1, 1);
}

/** Whether the measures are far apart about a pair. */
export function disagree(i: number, j: number): boolean { return !!apart && i !== j && apart[slot(i, j)] >= 50; }

/** Whether the measures agree about a pair, in words. */
export function verdict(i: number, j: number): string {
  if (!apart || i === j) return "";
  const v = apart[slot(i, j)] / 2;
  if (v >= 25) return `The measures disagree: ${v.toFixed(0)} % of all pairs lie between what one says at least and another at most. Do not rely on one of them.`;
  return v > 0 ? `The measures nearly agree: ${v.toFixed(0)} % of all pairs lie between what they say.` : "The measures agree about its place among all pairs.";
}
