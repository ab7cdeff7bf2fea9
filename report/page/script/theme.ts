// Both themes follow the system until a reader chooses one. The choice is all that is stored.
const root = document.documentElement;

function stored(): string | null {
  try { return localStorage.getItem("stratascope-theme"); } catch { return null; }
}

function system(): string { return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"; }

export function start(): void {
  const t = stored();
  if (t === "dark" || t === "light") root.dataset.theme = t;
}

export function toggle(): void {
  const next = (root.dataset.theme ?? system()) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try { localStorage.setItem("stratascope-theme", next); } catch { /* a page without storage keeps it until it is closed */ }
}
