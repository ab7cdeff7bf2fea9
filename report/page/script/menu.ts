// Under every chart: the drawing and its numbers, to take along.
import { all, data, make, one } from "./data";
import { number } from "./matrix";
import { raised, says } from "./measures";
import { state } from "./state";

/** Tell, politely, what was done. */
export function say(text: string): void {
  const toast = one(".toast")!;
  toast.textContent = text;
  setTimeout(() => { if (toast.textContent === text) toast.textContent = ""; }, 2200);
}

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "hidden", "aria-hidden": "true" }) as HTMLTextAreaElement;
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(what + " copied");
}

/** Properties that make a copied drawing look the same elsewhere. */
const looks = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "vector-effect", "paint-order", "stop-color", "visibility"];

/** A drawing as a file of its own: looks written out, patterns and gradients inside. */
export function standalone(svg: SVGSVGElement): string {
  const box = svg.getBoundingClientRect();
  const copied = svg.cloneNode(true) as SVGSVGElement;
  const defs = one<SVGDefsElement>("body > svg > defs")!;
  const defsCopy = defs.cloneNode(true) as SVGDefsElement;
  write(svg, copied);
  write(defs, defsCopy);
  copied.prepend(defsCopy);
  const left = 120;
  const right = 50;
  copied.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copied.setAttribute("x", String(left));
  copied.setAttribute("width", String(box.width));
  copied.setAttribute("height", String(box.height));
  copied.setAttribute("overflow", "visible");
  const paper = getComputedStyle(document.body).backgroundColor;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${box.width + left + right}" height="${box.height + 40}"><rect width="100%" height="100%" fill="${paper}"/><svg y="20" overflow="visible">`;
  return head + new XMLSerializer().serializeToString(copied) + "</svg></svg>";
}

function write(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  if (from.tagName !== "svg" && from.tagName !== "g") for (const p of looks) {
    const v = style.getPropertyValue(p);
    if (v) to.setAttribute(p, v.replace(/"/g, "'"));
  }
  if (from.classList.contains("away")) to.setAttribute("display", "none");
  to.removeAttribute("class");
  for (let i = 0; i < from.children.length; i++) write(from.children[i], to.children[i]);
}

/** Rows as CSV. A cell that a spreadsheet would take for a formula is set apart. */
export function csv(rows: string[][]): string {
  const cell = (s: string): string => {
    if (/^[=+\-@\t\r]/.test(s) && !/^-?[\d.]+(e-?\d+)?$/.test(s)) s = "'" + s;
    return /[",\n\r]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
  };
  return rows.map((r) => r.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A text of the page as a number for a table: 88.2 % is 0.882, 1.6\u00b710\u207b\u2076 is 1.6e-6. */
export function plain(s: string): string {
  s = s.replace(/\u2212/g, "-").replace(/\u202f/g, "");
  const share = /^(-?[\d.]+) (%|pt)$/.exec(s);
  if (share) return String(Number((Number(share[1]) / 100).toFixed(6)));
  const power = /^(?:(-?[\d.]+)\u00b7)?10([\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)$/.exec(s);
  if (power) return (power[1] ?? "1") + "e" + Array.from(power[2], (c) => c === "\u207b" ? "-" : raised.indexOf(c)).join("");
  return s === "\u2013" ? "" : s;
}

function layerRows(): string[][] {
  return [["no.", "layer", "kind", ...(data.labels ?? [])], ...data.layers.map((l, i) => [String(i + 1), l.n, data.kinds[l.k], ...(l.v ?? []).map(plain)])];
}

function matrixRows(): string[][] {
  const p = data.pairs!;
  const rows = Array.from({ length: p.n }, (_, i) => i);
  return [["layer", ...rows.map((r) => String(number(r)))], ...rows.map((i) => [String(number(i)), ...rows.map((j) => says(state.by, i, j).toFixed(4))])];
}

function png(svg: SVGSVGElement): void {
  const image = new Image();
  const text = standalone(svg);
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.width;
    canvas.height = 2 * image.height;
    const ctx = canvas.getContext("2d")!;
    ctx.scale(2, 2);
    ctx.drawImage(image, 0, 0);
    save(canvas.toDataURL("image/png"), "fault-map.png");
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}

function save(href: string, file: string): void {
  const a = make("a", { href, download: file });
  document.body.append(a);
  a.click();
  a.remove();
}

function menu(before: Element, entries: [string, () => void][]): void {
  const e = make("div", { class: "menu" });
  for (const [name, does] of entries) {
    const b = make("button", { type: "button" }, name);
    b.addEventListener("click", does);
    e.append(b);
  }
  before.before(e);
}

export function start(): void {
  const details = one<HTMLDetailsElement>(".map .more");
  const drawing = (): SVGSVGElement => all<SVGSVGElement>(".lying > svg, .standing > svg").find((s) => s.getBoundingClientRect().width > 0)!;
  if (details) {
    menu(details, [
      ["Copy as SVG", () => void copy(standalone(drawing()), "Drawing")],
      ["Save as PNG", () => png(drawing())],
      ["Copy data as CSV", () => void copy(csv(layerRows()), "Data")],
    ]);
  }
  const pairs = one(".pair .more");
  if (pairs && data.pairs) menu(pairs, [["Copy data as CSV", () => void copy(csv(matrixRows()), "Data")]]);
  for (const b of all(".copy")) {
    b.addEventListener("click", () => void copy(b.previousElementSibling?.textContent ?? "", "Command"));
  }
}
