// Keys: everything that hovering shows can be reached by them.
import * as blocks from "./blocks";
import * as choice from "./choice";
import { all, data, make, one } from "./data";
import * as heat from "./heat";
import * as inside from "./inside";
import { beside, cellOf, isBlock, isClosed } from "./layout";
import { openFinding } from "./map";
import { hold, state } from "./state";
import { toggle } from "./theme";
import * as zoom from "./zoom";

const list: [string, string][] = [
  ["\u2190 \u2192 \u2191 \u2193", "the next layer, or cell in a matrix"], ["Home End", "the first and the last layer"], ["Enter", "open the held block, or the finding of the held layer"],
  ["f", "the next finding"], ["m", "the next measure of similarity"], ["Escape", "close the block, or let go"], ["t", "change the theme"], ["?", "this list"],
];

let dialog: HTMLDialogElement | null = null;

function help(): void {
  if (!dialog) {
    const dl = make("dl");
    for (const [key, does] of list) dl.append(make("dt", {}, key), make("dd", {}, does));
    const close = make("button", { type: "button" }, "Close");
    close.addEventListener("click", () => dialog!.close());
    dialog = make("dialog", { "aria-labelledby": "keys-head" }, make("h2", { id: "keys-head" }, "Keys"), dl, close) as HTMLDialogElement;
    document.body.append(dialog);
  }
  dialog.showModal();
}

let nextFinding = 0;

function release(): void {
  hold({ layer: data.held ?? -1, pair: data.pairs ? data.pairs.held : null, open: [], zoom: null, by: 0, raw: false });
  for (const d of all<HTMLDetailsElement>(".findings details")) d.open = false;
}

const moves: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Move the held layer; true if the key was one of these. */
function layerKey(e: KeyboardEvent): boolean {
  const last = data.layers.length - 1;
  if (last < 0) return false;
  const m = moves[e.key];
  const to = m ? beside(state.layer, m[0] + m[1]) : e.key === "Home" ? 0 : e.key === "End" ? last : -1;
  if (!m && to < 0) return false;
  hold({ layer: Math.min(Math.max(to, 0), last) });
  return true;
}

function onMap(): boolean { return !!document.activeElement?.closest(".lying, .standing"); }

function press(e: KeyboardEvent): void {
  if (e.ctrlKey || e.metaKey || e.altKey || dialog?.open) return;
  const cell = !!document.activeElement?.closest(".heat");
  const free = document.activeElement === document.body || onMap();
  const sideways = e.key === "ArrowLeft" || e.key === "ArrowRight";
  if (cell && moves[e.key]) heat.move(...moves[e.key]);
  else if (document.activeElement?.closest(".cosines") && moves[e.key]) inside.move(...moves[e.key]);
  else if ((onMap() || free && sideways) && layerKey(e)) { /* done */ }
  else if (e.key === "Enter" && onMap() && document.activeElement?.matches(".lying, .standing")) {
    if (isClosed(cellOf(state.layer))) {
      blocks.open(cellOf(state.layer));
      e.preventDefault();
      return;
    }
    const f = data.layers[state.layer]?.f?.[0];
    if (f === undefined) return;
    openFinding(f);
  } else if (e.key === "f" && data.findings.length) openFinding(nextFinding++ % data.findings.length);
  else if (cell && e.key === "Enter") {
    if (!zoom.enter()) return;
  } else if (cell && e.key === "Escape" && state.zoom) zoom.leave();
  else if (e.key === "Escape" && onMap() && isBlock(cellOf(state.layer)) && !isClosed(cellOf(state.layer))) blocks.close(cellOf(state.layer));
  else if (e.key === "Escape") release();
  else if (e.key === "t") toggle();
  else if (e.key === "m") {
    if (!choice.next()) return;
  }
  else if (e.key === "?") help();
  else return;
  e.preventDefault();
}

export function start(): void {
  document.addEventListener("keydown", press);
  one(".theme")?.addEventListener("click", toggle);
}
