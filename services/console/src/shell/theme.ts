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

/** Kept on this machine; "system" follows it by day and night. */
export function chooseTheme(theme: Theme): void {
  remember("theme", theme === "system" ? "" : theme);
  draw();
}

export function toggleTheme(): void {
  chooseTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

dark.addEventListener("change", draw);
