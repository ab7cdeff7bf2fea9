// A part of the heatmap, opened to its cells.
import { all, data, draw, make, one } from "./data";
import { cellOf, cells, hasBlocks, isBlock } from "./layout";
import { minus, number } from "./matrix";
import { disagree, says, shade } from "./measures";
import { hold, state } from "./state";

const p = data.pairs;
const around = 2; // cells shown on each side of a block
const room = 28; // pixels a value needs

/** The first and the last row shown. */
export function view(): [number, number] { return state.zoom ?? [0, p!.n - 1]; }

function widened(from: number, to: number): [number, number] { return [Math.max(from - around, 0), Math.min(to + around, p!.n - 1)]; }

/** The view on the outlined block that holds a pair, null if none does. */
export function outlined(i: number, j: number): [number, number] | null {
  const b = (p!.blocks ?? []).find(([from, to]) => Math.min(i, j) >= from && Math.max(i, j) <= to);
  return b ? widened(b[0], b[1]) : null;
}

/** The view on the block of layers that a row lies in, null without blocks. */
function blockOf(row: number): [number, number] | null {
  const k = cellOf(p!.layers[row]);
  if (!hasBlocks() || k === undefined || !isBlock(k)) return null;
  const rows = p!.layers.flatMap((l, r) => l >= cells[k].from && l <= cells[k].to ? [r] : []);
  return widened(rows[0], rows[rows.length - 1]);
}

/** Open the block that holds the held pair; false if there is none. */
export function enter(): boolean {
  if (!p || !state.pair || state.zoom) return false;
  const [i, j] = state.pair;
  const to = outlined(i, j) ?? (p.layers[i] >= 0 && cellOf(p.layers[i]) === cellOf(p.layers[j]) ? blockOf(i) : null);
  if (to) hold({ zoom: to });
  return !!to;
}

export function leave(): void { hold({ zoom: null }); }

let shown = "";
let back: HTMLElement | null = null;

/** Show the part that is open, or the whole. */
export function lay(): void {
  if (!p) return;
  const [a, b] = view();
  const k = b - a + 1;
  const now = `${a},${b},${state.by},${one(".heat .square")!.clientWidth >= room * k}`;
  if (shown === now) return;
  shown = now;
  const open = k < p.n;
  one(".heat .square")!.classList.toggle("zoomed", open);
  back?.classList.toggle("away", !open);
  for (const image of all<HTMLImageElement>(".heat img")) {
    const start = (100 * a) / p.n;
    image.style.transform = open ? `scale(${p.n / k}) translate(${-start}%,${-start}%)` : "";
  }
  one(".heat .zoom")?.remove();
  if (open) one(".heat .square > svg")!.prepend(cellsOf(a, k));
}

/** The class of ink that reads on a share of the ramp. */
export function ink(share: number): string { return share > 0.55 ? " dark" : share > 0.45 ? " mid" : ""; }

/** Numbers on two sides, lines between cells, and the values where there is room. */
function cellsOf(a: number, k: number): SVGElement {
  const g = draw("g", { class: "zoom" });
  const share = (x: number): string => (100 * x) / k + "%";
  const text = (x: string, y: string, name: string, says: string, more: Record<string, string> = {}): void => {
    const e = draw("text", { x, y, class: name, ...more });
    e.textContent = says;
    g.append(e);
  };
  const wide = one(".heat .square")!.clientWidth;
  const every = Math.ceil(k / 25);
  for (let r = 0; r < k; r++) {
    if (r > 0 && wide >= room * k) g.append(draw("rect", { class: "gap-line", x: share(r), width: "1", height: "100%" }), draw("rect", { class: "gap-line", y: share(r), width: "100%", height: "1" }));
    if (r % every === 0) {
      text("-6", share(r + 0.5), "tick", String(number(a + r)), { "text-anchor": "end", dy: "4" });
      text(share(r + 0.5), "100%", "tick", String(number(a + r)), { "text-anchor": "middle", dy: "16" });
    }
    for (let c = 0; c < k && wide >= room * k; c++) {
      const v = shade(state.by, a + c, a + r);
      text(share(c + 0.5), share(r + 0.5), "value" + ink(v), minus(says(state.by, a + c, a + r)), { "text-anchor": "middle", dy: "4" });
      if (disagree(a + c, a + r)) g.append(draw("circle", { class: "mark" + ink(v), cx: share(c + 0.86), cy: share(r + 0.14), r: "2.2" }));
    }
  }
  return g;
}

export function start(heat: HTMLElement, square: HTMLElement): void {
  back = make("button", { type: "button", class: "away" }, "Whole network");
  back.addEventListener("click", () => {
    leave();
    heat.focus({ preventScroll: true });
  });
  one("#similarity > header .end")?.append(back);
  const hint = one(".pair .hint");
  if (hint && hasBlocks()) hint.textContent += " Click inside an outlined block, or beside the square, to open a block.";
  else if (hint && p!.blocks?.length) hint.textContent += " Click inside an outlined block to open it.";
  heat.addEventListener("click", (e) => { // beside the square, at the left or below
    const r = square.getBoundingClientRect();
    const along = e.clientX < r.left ? (e.clientY - r.top) / r.height : e.clientY > r.bottom ? (e.clientX - r.left) / r.width : -1;
    if (along < 0 || along >= 1 || state.zoom) return;
    const to = blockOf(Math.floor(along * p!.n));
    if (to) hold({ zoom: to });
  });
}
