// Runs before the first paint, so that a dark console never flashes white.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("storepulse.theme");
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
