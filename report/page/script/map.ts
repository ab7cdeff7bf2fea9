// The fault map: hover previews, click holds, in the lying and the standing drawing.
import { all, data, one } from "./data";
import { show } from "./panel";
import { hold, state } from "./state";

const lying = one(".lying");
const plot = one<SVGSVGElement>(".lying > svg");
const standing = one(".standing");
const upright = one<SVGSVGElement>(".standing > svg");
const n = data.layers.length;
const top = 24; // the upper edge of the first layer when it stands, as in the drawing

export let hovered = -1;

function percent(i: number): string { return (100 * i) / n + "%"; }

function step(): number { return Number(one(".standing .holder")?.getAttribute("height") ?? 0); }

/** Preview a layer everywhere, or none for -1. */
export function hover(i: number): void {
  if (i === hovered) return;
  hovered = i;
  const stripe = one(".lying .hover");
  stripe?.classList.toggle("on", i >= 0);
  if (i >= 0) stripe?.setAttribute("x", percent(i));
  readouts(i < 0 ? state.layer : i);
  show(i);
}

function readouts(i: number): void {
  for (const e of all<SVGTextElement>(".readout")) {
    const k = data.readouts?.[Number(e.dataset.readout)] ?? -1;
    e.textContent = data.layers[i]?.v?.[k] ?? "";
  }
}

/** Mark the held layer. */
export function mark(): void {
  const i = state.layer;
  const l = data.layers[i];
  if (!l) return;
  const slip = l.s ?? 0;
  const base = Number(one(".lying")?.dataset.top ?? 0);
  one(".lying .held")?.setAttribute("x", percent(i));
  const holder = one(".lying .holder");
  holder?.setAttribute("x", percent(i));
  holder?.setAttribute("y", String(base + slip - 2));
  one(".standing .held")?.setAttribute("y", String(top + step() * i));
  const up = one(".standing .holder");
  up?.setAttribute("y", String(top + step() * i));
  up?.setAttribute("x", String(26 + slip - 2));
  for (const row of all(".findings > li")) row.classList.remove("touched");
  for (const f of l.f ?? []) one(`#finding-${f + 1}`)?.classList.add("touched");
  readouts(i);
  show(-1);
}

function across(e: PointerEvent | MouseEvent): number {
  const r = plot!.getBoundingClientRect();
  const i = Math.floor(((e.clientX - r.left) / r.width) * n);
  return i >= 0 && i < n ? i : -1;
}

function down(e: PointerEvent | MouseEvent): number {
  const r = upright!.getBoundingClientRect();
  const i = Math.floor((((e.clientY - r.top) / r.width) * 358 - top) / step());
  return i >= 0 && i < n ? i : -1;
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
    if (i >= 0) hold({ layer: i });
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
  spread();
  addEventListener("resize", spread);
  follow(lying, across);
  follow(standing, down);
}
