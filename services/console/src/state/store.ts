/** The store that a page is about: from the URL, else the last one viewed, else the first. */

import { useSuspenseQuery } from "@tanstack/react-query";
import { type StoreOfKey, meQuery } from "~/api/session";
import { recall, remember } from "./memory";
import { type Search, usePageSearch } from "./search";

/** A store's name in the URL: its domain if it has one, because that is readable. */
export function slugOf(store: StoreOfKey): string {
  return store.domain ?? store.store_id;
}

export function storeOf(search: Search, stores: readonly StoreOfKey[]): StoreOfKey | undefined {
  const asked = search.store ?? recall("store");
  const named = (slug: string | null) => stores.find((one) => slugOf(one) === slug || one.store_id === slug);
  return named(asked ?? null) ?? named(recall("store")) ?? stores[0];
}

/** The store in the URL if it is not one of these, so that another one is shown; else null. */
export function unknownStoreOf(search: Search, stores: readonly StoreOfKey[]): string | null {
  const asked = search.store;
  if (asked === undefined || stores.length === 0) return null;
  return stores.some((one) => slugOf(one) === asked || one.store_id === asked) ? null : asked;
}

export function useStores(): StoreOfKey[] {
  return useSuspenseQuery(meQuery).data.stores;
}

const NO_STORE: StoreOfKey = {
  store_id: "",
  name: "No store",
  domain: null,
  time_zone: "UTC",
  currency: null,
  is_declared: false,
  is_sample: false,
};

/** The page's store. If the key has no store yet, a store without id, which pages handle. */
export function useStore(): StoreOfKey {
  const [search] = usePageSearch();
  return storeOf(search, useStores()) ?? NO_STORE;
}

/** Why an act is not allowed, in words; null if the key has the scope. */
export function useScope(scope: "read" | "ops" | "admin"): string | null {
  const me = useSuspenseQuery(meQuery).data;
  if (me.scopes.includes(scope)) return null;
  return `This needs a key with the scope “${scope}”. Yours has “${me.scopes.join("”, “")}”.`;
}

export function chooseStore(store: StoreOfKey): string {
  remember("store", slugOf(store));
  return slugOf(store);
}
