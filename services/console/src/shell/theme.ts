import { recall, remember } from "~/state/memory";

export type Theme = "system" | "light" | "dark";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function themeChosen(): Theme {
  const kept = recall("theme");
  return kept === "light" || kept === "dark" ? kept : "system";
}

function draw(): void {
  const chosen = themeChosen();
  const isDark = chosen === "dark" || (chosen === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

/** Stored on this machine; "system" follows the system's light or dark setting. */
export function chooseTheme(theme: Theme): void {
  remember("theme", theme === "system" ? "" : theme);
  draw();
}

export function toggleTheme(): void {
  chooseTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

dark.addEventListener("change", draw);
