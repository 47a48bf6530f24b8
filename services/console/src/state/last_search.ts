/** The last search of each page, so that a reader who returns finds its filters and order. It is kept in
 * this tab's memory only. */

import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { SHARED, type Search, sharedOf, usePageSearch } from "./search";
import { useStore } from "./store";

interface Kept {
  store: string;
  search: Search;
}

const kept = new Map<string, Kept>();

/** Cursors of a list, valid only while the period and the store are the same. */
const PLACE = ["cur", "back"];
/** Choices of a single visit: an open row, a running job, an act that was begun. */
const PASSING = ["row", "job", "do"];

export function keepSearch(path: string, store: string, search: Search): void {
  kept.set(path, { store, search });
}

/** The search of a link to a page: the shared choices of this page, and the last choices of that page in
 * this store. */
export function searchOf(path: string, store: string, here: Search): Search {
  const shared = sharedOf(here);
  const last = kept.get(path);
  if (!last || last.store !== store) return shared;
  const isSame = JSON.stringify(sharedOf(last.search)) === JSON.stringify(shared);
  const dropped = new Set<string>([...SHARED, ...PASSING, ...(isSame ? [] : PLACE)]);
  const own = Object.entries(last.search).filter(([name]) => !dropped.has(name));
  return { ...shared, ...Object.fromEntries(own) };
}

/** Searches for the links of the bars and the palette. A link to the current page resets it. */
export function useSearchOf(): (path: string) => Search {
  const { pathname } = useLocation();
  const { store_id: store } = useStore();
  const [here] = usePageSearch();
  return (path) => (path === pathname ? sharedOf(here) : searchOf(path, store, here));
}

/** Remembers the current page's search; used once, by the shell. */
export function useKeptSearch(): void {
  const { pathname } = useLocation();
  const { store_id: store } = useStore();
  const [search] = usePageSearch();
  useEffect(() => keepSearch(pathname, store, search), [pathname, store, search]);
}
