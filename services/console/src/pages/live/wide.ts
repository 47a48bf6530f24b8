import { useSyncExternalStore } from "react";

/** The width from which on a detail is beside its list; below, it is a page. */
const WIDE = "(min-width: 1280px)";

function hear(tell: () => void): () => void {
  const query = matchMedia(WIDE);
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}

export function useWide(): boolean {
  return useSyncExternalStore(hear, () => matchMedia(WIDE).matches);
}
