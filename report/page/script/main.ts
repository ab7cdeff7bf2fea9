// The page reads well without this script; it adds following the pointer, holding, keys, the address and the theme.
import { all, one } from "./data";
import * as heat from "./heat";
import * as inside from "./inside";
import * as keys from "./keys";
import * as map from "./map";
import * as menu from "./menu";
import { onChange, read, tell } from "./state";
import * as theme from "./theme";

theme.start();
document.documentElement.classList.add("js");
const rows = all<HTMLDetailsElement>(".findings details");
for (const d of rows) d.open = false;

onChange(map.mark);
onChange(heat.showHeld);
onChange(inside.lay);
map.start();
heat.start();
inside.start();
menu.start();
keys.start();
read();
tell();

addEventListener("resize", tell);
addEventListener("hashchange", () => {
  if (!/^#[\w-]+$/.test(location.hash)) { // else it is a place on the page, and what is held stays
    read();
    tell();
  }
  const m = /^#finding-(\d+)$/.exec(location.hash);
  if (m) map.openFinding(Number(m[1]) - 1);
});

let open: boolean[] = [];
addEventListener("beforeprint", () => {
  open = rows.map((d) => d.open);
  for (const d of rows) d.open = true;
});
addEventListener("afterprint", () => rows.forEach((d, i) => { d.open = open[i]; }));
one(".print")?.addEventListener("click", () => print());
