import { useSyncExternalStore } from "react";

/** Where a detail stands beside its list; narrower, it is a page of its own. */
const WIDE = "(min-width: 1280px)";

function hear(tell: () => void): () => void {
  const query = matchMedia(WIDE);
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}

export function useWide(): boolean {
  return useSyncExternalStore(hear, () => matchMedia(WIDE).matches);
}
