// Blocks of many layers: opened and closed in place.
import { all, data, draw, make, one } from "./data";
import { arrange, cellOf, cells, hasBlocks, isBlock, isClosed, length, place, warp } from "./layout";
import { hold, state } from "./state";

const most = 160; // strata that are still wide enough to see
const strata = 92; // their breadth in the lying drawing
const top = 24; // where they begin in the standing one

/** Open a block and hold a layer of it. What was opened first closes when there would be too many strata. */
export function open(k: number, layer = cells[k].from): void {
  const open = [...state.open.filter((o) => o !== k), k];
  while (open.length > 1 && length(open) > most) open.shift();
  hold({ layer, open });
}

export function close(k: number): void {
  hold({ layer: cells[k].from, open: state.open.filter((o) => o !== k) });
  all(".lying, .standing").find((e) => e.getBoundingClientRect().width > 0)?.focus({ preventScroll: true });
}

/** Hold a layer so that it is seen: its block is opened. */
export function reveal(layer: number): void {
  if (isClosed(cellOf(layer))) open(cellOf(layer), layer);
  else hold({ layer });
}

/** The finding that stains a layer. */
function stain(layer: number): number | undefined {
  return (data.layers[layer].f ?? []).find((f) => !data.findings[f].x && data.findings[f].w !== "none");
}

/** A drawing that is laid out anew when a block opens: what lies along the core is moved, the rest stays. */
class Drawing {
  private moves: ((at: (v: number) => number) => void)[] = [];

  constructor(private root: SVGElement, private lies: boolean, private step: number) {
    for (const e of all<SVGElement>("*", root)) if (!e.matches(".column, .holder, .column *")) this.collect(e);
  }

  private collect(e: SVGElement): void {
    const [from, size, middle] = this.lies ? ["x", "width", "cx"] : ["y", "height", "cy"];
    const read = (name: string): number | null => {
      const v = e.getAttribute(name);
      return v === null || this.lies !== v.endsWith("%") ? null : parseFloat(v) / (this.lies ? 100 : 1);
    };
    const write = (name: string, v: number): void => e.setAttribute(name, this.lies ? (100 * v).toFixed(3) + "%" : v.toFixed(2));
    const a = read(from);
    const wide = read(size);
    const c = read(middle);
    const d = e.getAttribute("d");
    const upright = !this.lies && !e.closest("g[transform]");
    if (a !== null && (this.lies || upright)) this.moves.push((at) => {
      write(from, at(a));
      if (wide !== null) write(size, at(a + wide) - at(a));
    });
    if (c !== null) this.moves.push((at) => write(middle, at(c)));
    if (d && (this.lies ? e.closest("svg[viewBox^='0 0 1000']") : upright)) this.moves.push((at) => e.setAttribute("d", this.path(d, at)));
    const t = this.lies ? null : e.getAttribute("transform");
    if (t && !e.parentElement!.closest("g[transform]") && /^(matrix|translate)/.test(t)) {
      this.moves.push((at) => e.setAttribute("transform", t.replace(/^((?:matrix|translate)\(.* )(-?[\d.]+)\)/, (_, head, y) => `${head}${at(Number(y)).toFixed(2)})`)));
    }
  }

  /** A path with its places along the core moved; lengths of h and v lie across it. */
  private path(d: string, at: (v: number) => number): string {
    return d.replace(/([MLCHV])([^A-Za-z]*)/g, (_, c: string, rest: string) => {
      const along = (i: number): boolean => c === "H" ? this.lies : c === "V" ? !this.lies : (i % 2 === 0) === this.lies;
      const scale = this.lies ? 1000 : 1;
      return c + (rest.match(/-?[\d.]+/g) ?? []).map((s, i) => along(i) ? (scale * at(Number(s) / scale)).toFixed(2) : s).join(" ");
    });
  }

  lay(): void {
    const long = this.step * length([]);
    const now = this.step * length(state.open);
    const at = this.lies ? warp : (y: number): number => y <= top ? y : y >= top + long ? y + now - long : top + now * warp((y - top) / long);
    for (const move of this.moves) move(at);
    for (const e of all(".opened-block", this.root)) e.remove();
    for (const e of all("[data-cell]", this.root)) e.classList.toggle("away", state.open.includes(Number(e.dataset.cell)));
    for (const k of state.open) this.layers(k, now);
  }

  /** The layers of an open block, and what closes it. */
  private layers(k: number, now: number): void {
    const g = one<SVGElement>(`g[data-cell='${k}']`, this.root)!;
    const box = one("rect", g)!;
    const c = cells[k];
    const part = draw("g", { class: "opened-block" });
    const along = (i: number): Record<string, string> => {
      const [a, b] = place(i);
      return this.lies ? { x: 100 * a + "%", width: 100 * (b - a) + "%" } : { y: String(top + now * a), height: String(now * (b - a)) };
    };
    const names = this.lies ? ["y", "height"] : ["x", "width"];
    const across = Object.fromEntries(names.map((n) => [n, box.getAttribute(n)!]));
    for (let i = c.from; i <= c.to; i++) {
      const at = { ...along(i), ...across };
      part.append(draw("rect", { class: box.getAttribute("class")!, ...at }));
      const f = stain(i);
      if (f !== undefined) {
        const { w, o } = data.findings[f];
        part.append(draw("rect", { class: o ? "stain half" : "stain", fill: `url(#${this.lies ? "g" : "h"}-${w})`, ...at }), draw("rect", { class: "cap s-" + w, ...at, [names[1]]: "5" }));
      }
      const rock = { d: "dots", r: "rings", l: "lines", c: "crosses" }[data.cells!.rocks![i]];
      if (rock) part.append(draw("rect", { fill: `url(#r-${rock})`, ...at }));
      if (data.layers[i].b && f === undefined) part.append(draw("rect", { class: "unmeasured", ...at }), draw("rect", { fill: "url(#hatch)", ...at }));
      part.append(draw("rect", { class: "edge", ...at }));
    }
    g.after(part);
    this.root.append(this.closer(c, k, now));
  }

  private closer(c: { from: number; to: number; name: string }, k: number, now: number): SVGElement {
    const [a] = place(c.from);
    const [, b] = place(c.to);
    const name = c.name || `layers ${c.from + 1}\u2013${c.to + 1}`;
    const e = draw("g", { class: "opened-block closer", role: "button", tabindex: "0", "aria-label": "Close block " + name });
    if (this.lies) {
      const y = Number(this.root.parentElement!.dataset.top) + strata + 14;
      const room = (b - a) * this.root.getBoundingClientRect().width / 6.2 - 2;
      const says = draw("text", { class: "cap2", x: 50 * (a + b) + "%", y: String(y + 18), "text-anchor": "middle" });
      says.textContent = "\u2212" + (room >= name.length ? " " + name : room > 6 ? " " + name.slice(0, room - 1) + "\u2026" : "");
      e.append(draw("rect", { class: "target", x: 100 * a + "%", width: 100 * (b - a) + "%", y: String(y), height: "24" }), draw("rect", { class: "span", x: 100 * a + "%", width: 100 * (b - a) + "%", y: String(y + 2), height: "1.5" }), says);
    } else {
      const y = top + now * a;
      const says = draw("text", { class: "code", x: "12", y: String(y + 16), "text-anchor": "middle" });
      says.textContent = "\u2212";
      const high = String(now * (b - a));
      e.append(draw("rect", { class: "plate", y: String(y), width: "24", height: high }), draw("rect", { class: "span", x: "23", y: String(y), width: "1.5", height: high }), says);
    }
    e.addEventListener("click", (event) => { event.stopPropagation(); close(k); });
    e.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      close(k);
    });
    return e;
  }
}

let drawings: Drawing[] = [];
let shown = "";

/** Show the blocks that are open. */
export function lay(): void {
  arrange(state.open);
  if (state.open.join() === shown) return;
  shown = state.open.join();
  for (const d of drawings) d.lay();
  const upright = one(".standing > svg");
  if (upright) upright.setAttribute("viewBox", `0 0 358 ${high + column * (length(state.open) - length([]))}`);
}

let high = 0;
let column = 0;

/** Where a share of the core's length lies in the standing drawing, and back. */
export function down(share: number): number { return top + column * length(state.open) * share; }
export function up(y: number): number { return (y - top) / (column * length(state.open)); }

export function start(): void {
  column = Number(one(".standing .holder")?.getAttribute("height") ?? 0);
  const lying = one<SVGElement>(".lying > svg");
  const upright = one<SVGElement>(".standing > svg");
  arrange([]);
  if (!lying || !upright || !hasBlocks()) return;
  high = Number(upright.getAttribute("viewBox")!.split(" ")[3]);
  drawings = [new Drawing(lying, true, 0), new Drawing(upright, false, column)];
}

/** The button of the panel that opens the block of a layer, or closes it. */
export function button(layer: number): HTMLElement | null {
  const k = cellOf(layer);
  if (!isBlock(k)) return null;
  const b = make("button", { type: "button", class: "block" }, isClosed(k) ? "Open the block" : `Close block ${cells[k].name}`);
  b.addEventListener("click", () => isClosed(k) ? open(k) : close(k));
  return b;
}
