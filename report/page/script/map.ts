// The fault map: hover previews, click holds, in the lying and the standing drawing.
import { all, data, one } from "./data";
import * as blocks from "./blocks";
import { cellOf, cells, isClosed, layerAt, place, slot } from "./layout";
import { layer as markRows } from "./heat";
import { show, spread as between } from "./panel";
import { hold, state } from "./state";

const lying = one(".lying");
const plot = one<SVGSVGElement>(".lying > svg");
const standing = one(".standing");
const upright = one<SVGSVGElement>(".standing > svg");
const strata = 92; // their breadth in the lying drawing
export let hovered = -1;

/** Put an element over a stretch of the core. */
function put(e: Element | null, [a, b]: [number, number]): void {
  e?.setAttribute("x", 100 * a + "%");
  e?.setAttribute("width", 100 * (b - a) + "%");
}

function stand(e: Element | null, [a, b]: [number, number]): void {
  e?.setAttribute("y", String(blocks.down(a)));
  e?.setAttribute("height", String(blocks.down(b) - blocks.down(a)));
}

/** How far the column of a layer slips. */
function slip(i: number): number {
  const column = cells[cellOf(i)].column;
  return cells.filter((c) => c.column === column).reduce((far, c) => Math.max(far, ...data.layers.slice(c.from, c.to + 1).map((l) => l.s ?? 0)), 0);
}

/** Preview a layer everywhere, or none for -1. */
export function hover(i: number): void {
  if (i === hovered) return;
  hovered = i;
  const stripe = one(".lying .hover");
  stripe?.classList.toggle("on", i >= 0);
  if (i >= 0) put(stripe, slot(i));
  readouts(i < 0 ? state.layer : i);
  markRows(i < 0 ? state.layer : i);
  show(i);
}

function readouts(i: number): void {
  for (const e of all<SVGTextElement>(".readout")) {
    const k = data.readouts?.[Number(e.dataset.readout)] ?? -1;
    e.textContent = data.layers[i] ? between(i, k) : "";
  }
}

/** Mark the held layer. */
export function mark(): void {
  const i = state.layer;
  const l = data.layers[i];
  if (!l) return;
  blocks.lay();
  const c = cells[cellOf(i)];
  const lane = c.lane / c.lanes;
  const high = strata / c.lanes - (c.lanes > 1 ? 1 : 0);
  const wide = 66 / c.lanes - (c.lanes > 1 ? 1 : 0);
  put(one(".lying .held"), slot(i));
  const holder = one(".lying .holder");
  put(holder, place(i));
  holder?.setAttribute("y", String(Number(lying?.dataset.top ?? 0) + slip(i) + strata * lane - 2));
  holder?.setAttribute("height", String(high + 4));
  stand(one(".standing .held"), slot(i));
  const up = one(".standing .holder");
  stand(up, place(i));
  up?.setAttribute("x", String(26 + slip(i) + 66 * lane - 2));
  up?.setAttribute("width", String(wide + 4));
  for (const row of all(".findings > li")) row.classList.remove("touched");
  const touching = isClosed(cellOf(i)) ? data.layers.slice(c.from, c.to + 1) : [l];
  for (const f of touching.flatMap((t) => t.f ?? [])) one(`#finding-${f + 1}`)?.classList.add("touched");
  readouts(i);
  spread();
  show(-1);
}

function across(e: PointerEvent | MouseEvent): number {
  const r = plot!.getBoundingClientRect();
  const share = (e.clientX - r.left) / r.width;
  const i = layerAt(share, -1);
  if (i < 0) return -1;
  return layerAt(share, (e.clientY - r.top - Number(lying?.dataset.top ?? 0) - slip(i)) / strata);
}

function down(e: PointerEvent | MouseEvent): number {
  const r = upright!.getBoundingClientRect();
  const share = blocks.up(((e.clientY - r.top) / r.width) * 358);
  const i = layerAt(share, -1);
  if (i < 0) return -1;
  return layerAt(share, (((e.clientX - r.left) / r.width) * 358 - 26 - slip(i)) / 66);
}

function follow(part: HTMLElement | null, at: (e: PointerEvent | MouseEvent) => number): void {
  if (!part) return;
  part.addEventListener("pointermove", (e) => { if (e.pointerType !== "touch") hover(at(e)); });
  part.addEventListener("pointerleave", () => hover(-1));
  part.addEventListener("click", (e) => {
    const link = (e.target as Element).closest("[data-finding]");
    if (link) {
      e.preventDefault();
      openFinding(Number(link.getAttribute("data-finding")));
      return;
    }
    const i = at(e);
    if (i < 0) return;
    if (isClosed(cellOf(i))) blocks.open(cellOf(i));
    else hold({ layer: i });
  });
}

/** Open a finding's row, hold its layer and go there. */
export function openFinding(k: number): void {
  const row = one(`#finding-${k + 1}`);
  const details = row && one<HTMLDetailsElement>("details", row);
  if (!row || !details) return;
  details.open = true;
  const first = data.findings[k].l?.[0];
  if (first) hold({ layer: Math.floor((first[0] + first[1] + 1) / 2) });
  row.scrollIntoView({ block: "center" });
  one("summary", row)?.focus({ preventScroll: true });
}

/** Pills keep out of each other's way at every width: a lane's pills move apart, the brackets stay. */
function spread(): void {
  const width = plot?.getBoundingClientRect().width ?? 0;
  if (!width) return;
  const lanes = new Map<string, { pill: SVGElement; middle: number; wide: number; to: number }[]>();
  for (const pill of all<SVGElement>(".lying .pill")) {
    const place = pill.parentElement!;
    const box = one("rect", pill)!;
    const wide = Number(box.getAttribute("width")) + 4;
    const middle = (parseFloat(place.getAttribute("x")!) / 100) * width + Number(box.getAttribute("x")) + (wide - 4) / 2;
    const lane = place.getAttribute("y")!;
    lanes.set(lane, [...(lanes.get(lane) ?? []), { pill, middle, wide, to: middle }]);
  }
  for (const pills of lanes.values()) {
    pills.sort((a, b) => a.middle - b.middle);
    let edge = -Infinity;
    for (const p of pills) {
      p.to = Math.max(p.middle, edge + p.wide / 2);
      edge = p.to + p.wide / 2;
    }
    edge = width + 42;
    for (const p of pills.reverse()) {
      p.to = Math.min(p.to, edge - p.wide / 2);
      edge = p.to - p.wide / 2;
      p.pill.setAttribute("transform", `translate(${(p.to - p.middle).toFixed(1)} 0)`);
    }
  }
}

export function start(): void {
  blocks.start();
  spread();
  follow(lying, across);
  follow(standing, down);
}
