// Inside one layer: lines about its groups, and how alike the directions of samples of every pair of classes are.
import { all, data, draw, make, one, type Inside } from "./data";
import { minus, slot } from "./matrix";
import { paint } from "./picture";
import { hold, state } from "./state";
import { ink } from "./zoom";

const d = data.inside;
const room = 36; // pixels a value needs
const hint = "Point at a cell, or move by the arrow keys, to read it.";

const heat = one(".cosines");
const square = one(".cosines .square");
let drawn: Inside | undefined;
let values: number[] = []; // upper half by rows
let ends: [number, number] = [0, 1]; // the least and the most of the scale
let cell: [number, number] | null = null;

function size(): number { return drawn?.k?.length ?? 0; }

function value(i: number, j: number): number { return values[slot(i, j, size())]; }

/** Where a value lies on the scale, 0 to 1. */
function share(v: number): number { return (v - ends[0]) / (ends[1] - ends[0]); }

/** The layer that is shown: the held one, or the last before it whose inside is known. */
function shown(): Inside {
  return [...d!.layers].reverse().find((l) => l.i <= state.layer) ?? d!.layers[0];
}

function decode(text: string): number[] {
  const raw = atob(text);
  return Array.from({ length: raw.length / 2 }, (_, k) => (raw.charCodeAt(2 * k) + 256 * raw.charCodeAt(2 * k + 1)) / 1e4 - 1);
}

/** The scale: the same size both ways where some are negative, else from the least to the most, to twentieths. */
function scale(): [number, number] {
  const least = Math.floor(20 * Math.min(...values)) / 20;
  const most = Math.ceil(20 * Math.max(...values)) / 20;
  const far = Math.max(-least, most);
  return least < 0 ? [-far, far] : [least, most > least ? most : least + 0.05];
}

const name = (k: number): string => d!.names[drawn!.k![k]][1];
const number = (k: number): string => String(d!.names[drawn!.k![k]][0]);

/** Show the layer that is held. */
export function lay(): void {
  if (!d?.layers.length) return;
  drawn = shown();
  one(".inside .which")!.textContent = `${drawn.i + 1} ${data.layers[drawn.i]?.n ?? ""}`;
  one(".facts")!.replaceChildren(...(drawn.f ?? []).map((says, k) => make(k % 2 ? "dd" : "dt", {}, says)));
  if (!heat || !square) return;
  one(".drawn-classes")!.classList.toggle("away", !drawn.c);
  one(".within details")!.classList.toggle("away", !drawn.c);
  if (!drawn.c || !drawn.r) return;
  values = decode(state.raw ? drawn.r : drawn.c);
  ends = scale();
  if (cell && Math.max(...cell) >= size()) cell = null;
  const ramps = ends[0] < 0 ? d.ramps : data.pairs!.ramps;
  square.style.maxWidth = 72 * size() + "px";
  const svg = draw("svg", { "aria-hidden": "true" });
  square.replaceChildren(...["light", "dark"].map((theme) => make("img", { class: "for-" + theme, alt: "", src: paint(size(), ramps[theme], (i, j) => share(value(i, j))) })), svg);
  all(".inside .ramp .bar").forEach((e, k) => { e.style.backgroundImage = `linear-gradient(to right, ${ramps[k ? "dark" : "light"].join()})`; });
  one(".inside .ramp .low")!.textContent = minus(ends[0]);
  one(".inside .ramp .high")!.textContent = minus(ends[1]);
  all(".inside .choice button").forEach((b, k) => b.setAttribute("aria-pressed", String(Boolean(k) === state.raw)));
  label(svg);
  mark(cell);
  one(".cosine-table")!.textContent = table();
}

/** Classes on two sides, and the values where there is room. */
function label(svg: SVGElement): void {
  const n = size();
  const at = (x: number): string => (100 * x) / n + "%";
  const text = (x: string, y: string, kind: string, says: string, anchor: string, dy: string): void => {
    const e = draw("text", { x, y, class: kind, "text-anchor": anchor, dy });
    e.textContent = says;
    svg.append(e);
  };
  const wide = square!.clientWidth / n;
  const every = Math.ceil(12 / Math.max(wide, 1));
  for (let r = 0; r < n; r++) {
    const full = /^(class|cluster) /.test(name(r)) || name(r) === number(r) ? number(r) : `${number(r)} ${name(r)}`;
    if (r % every === 0) {
      text("-6", at(r + 0.5), "tick", full.length > 16 ? full.slice(0, 15) + "\u2026" : full, "end", "4");
      text(at(r + 0.5), "100%", "tick", number(r), "middle", "16");
    }
    for (let c = 0; c < n && wide >= room; c++) {
      const v = value(c, r);
      text(at(c + 0.5), at(r + 0.5), "value" + (ends[0] < 0 ? (Math.abs(v) > 0.88 * ends[1] ? " strong" : "") : ink(share(v))), minus(v), "middle", "4");
    }
  }
  svg.append(draw("rect", { class: "cell away", width: at(1), height: at(1) }));
}

/** Mark a cell and say what it is. */
function mark(c: [number, number] | null): void {
  const e = one(".cosines .cell");
  e?.classList.toggle("away", !c);
  const says = one("#cosine-says")!;
  says.textContent = hint;
  if (!c || !e) return;
  e.setAttribute("x", (100 * c[0]) / size() + "%");
  e.setAttribute("y", (100 * c[1]) / size() + "%");
  says.textContent = (c[0] === c[1] ? `Within ${name(c[0])}` : `${name(Math.min(...c))} and ${name(Math.max(...c))}`) + ": " + minus(value(...c));
}

/** The matrix as text in columns. */
function table(): string {
  const n = size();
  const rows = [["no.", "name", ...Array.from({ length: n }, (_, k) => number(k))]];
  for (let r = 0; r < n; r++) rows.push([number(r), name(r), ...Array.from({ length: n }, (_, c) => minus(value(c, r)))]);
  const wide = rows[0].map((_, c) => Math.max(...rows.map((r) => r[c].length)));
  return rows.map((r) => r.map((s, c) => s.padEnd(wide[c] + 2)).join("").trimEnd()).join("\n") + "\n";
}

function at(e: MouseEvent): [number, number] | null {
  const r = square!.getBoundingClientRect();
  const n = size();
  const i = Math.floor(((e.clientX - r.left) / r.width) * n);
  const j = Math.floor(((e.clientY - r.top) / r.height) * n);
  return i >= 0 && j >= 0 && i < n && j < n ? [i, j] : null;
}

/** Move the held cell by cells. */
export function move(dx: number, dy: number): void {
  const clamp = (x: number): number => Math.min(Math.max(x, 0), size() - 1);
  cell = cell ? [clamp(cell[0] + dx), clamp(cell[1] + dy)] : [0, 0];
  mark(cell);
  one(".toast")!.textContent = one("#cosine-says")!.textContent;
}

export function start(): void {
  if (!d || !heat || !square) return;
  const group = make("div", { class: "choice", role: "group", "aria-label": "Which cosines are drawn" });
  ["less the mean", "as it is"].forEach((says, k) => {
    const b = make("button", { type: "button", "aria-pressed": String(!k) }, says);
    b.addEventListener("click", () => hold({ raw: Boolean(k) }));
    group.append(b);
  });
  const ramp = make("div", { class: "ramp" }, make("span", { class: "low" }), make("span", { class: "bar for-light" }), make("span", { class: "bar for-dark" }), make("span", { class: "high" }));
  one(".inside .head")?.append(make("div", { class: "end" }, group, ramp));
  square.addEventListener("pointermove", (e) => {
    const c = at(e);
    if (c && e.pointerType !== "touch") mark(c);
  });
  square.addEventListener("pointerleave", () => mark(cell));
  square.addEventListener("click", (e) => mark(cell = at(e)));
}
