/** What each page was asked last: who comes back to it finds its filters and its order. It is kept in this
 * tab's memory alone. */

import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { SHARED, type Search, sharedOf, usePageSearch } from "./search";
import { useStore } from "./store";

interface Kept {
  store: string;
  search: Search;
}

const kept = new Map<string, Kept>();

/** A place in a list, good only while the period and the store are the same. */
const PLACE = ["cur", "back"];
/** Choices that belong to one visit: an open row, a job that runs, an act that was begun. */
const PASSING = ["row", "job", "do"];

export function keepSearch(path: string, store: string, search: Search): void {
  kept.set(path, { store, search });
}

/** The search of a link to a page: what goes along from here, and what was chosen there in this store. */
export function searchOf(path: string, store: string, here: Search): Search {
  const shared = sharedOf(here);
  const last = kept.get(path);
  if (!last || last.store !== store) return shared;
  const isSame = JSON.stringify(sharedOf(last.search)) === JSON.stringify(shared);
  const dropped = new Set<string>([...SHARED, ...PASSING, ...(isSame ? [] : PLACE)]);
  const own = Object.entries(last.search).filter(([name]) => !dropped.has(name));
  return { ...shared, ...Object.fromEntries(own) };
}

/** Links of the bars and the palette. That to the page itself starts it anew. */
export function useSearchOf(): (path: string) => Search {
  const { pathname } = useLocation();
  const { store_id: store } = useStore();
  const [here] = usePageSearch();
  return (path) => (path === pathname ? sharedOf(here) : searchOf(path, store, here));
}

/** Keeps what the page at hand is asked; once, by the shell. */
export function useKeptSearch(): void {
  const { pathname } = useLocation();
  const { store_id: store } = useStore();
  const [search] = usePageSearch();
  useEffect(() => keepSearch(pathname, store, search), [pathname, store, search]);
}
