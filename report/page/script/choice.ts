// Which measure the heatmap shows.
import { all, data, make, one } from "./data";
import { carried, shade, views } from "./measures";
import { minus } from "./matrix";
import { paint } from "./picture";
import { hold, state } from "./state";

const p = data.pairs;

const painted = new Map<number, string[]>(); // pictures of a view, light and dark
let first: string[] = [];

function pictures(view: number): string[] {
  if (!painted.has(view)) painted.set(view, ["light", "dark"].map((theme) => paint(p!.n, p!.ramps[theme], (i, j) => shade(view, i, j))));
  return painted.get(view)!;
}

const note = one("#similarity > header p")?.textContent ?? "";
let shown = 0;

/** Show the view that is chosen. */
export function lay(): void {
  if (!p || state.by === shown) return;
  shown = state.by;
  const images = all<HTMLImageElement>(".heat img");
  const drawn = shown ? pictures(shown) : first;
  images.forEach((e, k) => { e.src = drawn[k]; });
  const m = shown < carried ? p.measures[shown] : null;
  one(".ramp .low")!.textContent = m?.distance ? minus(m.most) : "0";
  one(".ramp .high")!.textContent = m?.distance ? "0" : "1";
  one("#similarity > header p")!.textContent = !shown ? note : m ? `${m.name}, ${m.n} samples` : "share of all pairs that lie between what the measures say";
  all<HTMLElement>("#similarity > header .choice button").forEach((b, k) => b.setAttribute("aria-pressed", String(k === shown)));
}

export function start(): void {
  if (!p || views.length < 2) return;
  first = all<HTMLImageElement>(".heat img").map((e) => e.src);
  const group = make("div", { class: "choice", role: "group", "aria-label": "What the heatmap shows" });
  views.forEach((name, k) => {
    const b = make("button", { type: "button", "aria-pressed": String(k === 0) }, name);
    b.addEventListener("click", () => hold({ by: k }));
    group.append(b);
  });
  one("#similarity > header .end")?.prepend(group);
  for (const b of all("[data-pair]")) {
    b.addEventListener("click", () => {
      const [i, j] = b.dataset.pair!.split(",").map(Number);
      hold({ pair: [i, j], zoom: null });
      one(".pair .names")?.scrollIntoView({ block: "center" });
    });
  }
}

/** The next view, by key. */
export function next(): boolean {
  if (views.length < 2) return false;
  hold({ by: (state.by + 1) % views.length });
  one(".toast")!.textContent = views[state.by];
  return true;
}
