// What Go wrote into the page: texts ready to show, so that no number is formatted twice.

export interface Layer { n: string; k: number; f?: number[]; v?: string[]; r?: number[]; s?: number; b?: boolean }
export interface Finding { c: string; t: string; m: string; w: string; o?: boolean; x?: boolean; p: string; d?: string; l?: [number, number][] }
export interface Measure { name: string; n: string; most: number; least?: number; distance?: boolean; wide?: number; v?: string; lo?: string; hi?: string; p?: string }
export interface Pairs {
  n: number; v: string; wide: number; layers: number[]; held: [number, number]; level: string; lo?: string; hi?: string; names?: string[];
  blocks: [number, number, number][] | null; measures: Measure[]; apart?: string; ramps: Record<string, string[]>;
}
/** Strata that are not a layer each: blocks of layers, and lanes of parallel paths. */
export interface Cells { at: [number, number, number, number, number][]; names?: string[]; rocks?: string }
/** What layers are like inside: lines of name and text, and cosines of classes, upper halves by rows in steps of 1e-4 from -1. */
export interface Inside { i: number; f?: string[]; r?: string; c?: string; k?: number[] }
export interface Data {
  layers: Layer[]; kinds: string[]; cells?: Cells; findings: Finding[]; labels: string[] | null; brief: string[] | null; readouts: number[] | null; held?: number; pairs?: Pairs;
  inside?: { layers: Inside[]; names: [number, string][]; ramps: Record<string, string[]> };
}

export const data: Data = JSON.parse(document.getElementById("data")!.textContent!);

export function one<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

export function all<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return Array.from(within.querySelectorAll<T>(selector));
}

/** An element with text and children. Text never becomes markup. */
export function make(name: string, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElement {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

export function draw(name: string, attributes: Record<string, string>, ...children: Node[]): SVGElement {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

export function icon(f: Finding): SVGElement {
  const from = one<SVGElement>(`.key .s-${f.w}`);
  const path = draw("path", { class: (f.o ? "shape open s-" : "shape s-") + f.w, d: from?.getAttribute("d") ?? "M-2-2H2V2H-2Z" });
  return draw("svg", { class: "icon", viewBox: "-7 -7 14 14", width: "14", height: "14", "aria-hidden": "true" }, path);
}
