/** Queries and mutations of Settings. Secrets that are shown once are never cached. */

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import { ApiError } from "~/api/errors";
import type { components } from "~/api/schema";
import type { StoreOfKey } from "~/api/session";
import { PAGE_ROWS } from "~/parts/pager";
import { showToast } from "~/parts/toast";

export type KeyShown = components["schemas"]["KeyShown"];
export type NewKey = components["schemas"]["NewKey"];
export type StoreShown = components["schemas"]["StoreShown"];
export type Settings = StoreShown["settings"];
export type Destination = components["schemas"]["Shown"];
export type NewDestination = components["schemas"]["NewDestination"];
type StoreChanges = components["schemas"]["StoreChanges"];

export const ROOT = ["settings"] as const;

export function keysQuery(store: string | undefined, ended: boolean) {
  return infiniteQueryOptions({
    queryKey: [...ROOT, "keys", store ?? null, ended],
    queryFn: async ({ signal, pageParam }) =>
      dataOf(await client.GET("/api/keys", { params: { query: { store_id: store, include_ended: ended, limit: PAGE_ROWS, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** The store's own settings; null if it is not declared yet. */
export function storeQuery({ store_id: store, is_declared: isDeclared }: Pick<StoreOfKey, "store_id" | "is_declared">) {
  return queryOptions({
    queryKey: [...ROOT, "store", store],
    queryFn: async ({ signal }): Promise<StoreShown | null> => {
      try {
        return dataOf(await client.GET("/api/stores/{store_id}", { params: { path: { store_id: store } }, signal })).data;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    enabled: store !== "" && isDeclared,
    placeholderData: undefined,
  });
}

export const destinationsQuery = queryOptions({
  queryKey: [...ROOT, "destinations"],
  queryFn: async ({ signal }) => dataOf(await client.GET("/api/destinations", { signal })).data,
});

export function waitingQuery(destination: string) {
  return queryOptions({
    queryKey: ["waiting", destination], // not invalidated with the lists after a change: a removed destination is gone
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/destinations/{destination}", { params: { path: { destination } }, signal })).data.waiting,
    placeholderData: undefined,
    staleTime: 0,
  });
}

/** After any change: refreshes the lists, and all queries about stores and destinations. */
function useRefresh() {
  const queries = useQueryClient();
  return () => Promise.all([ROOT, ["me"], ["delivery"]].map((queryKey) => queries.invalidateQueries({ queryKey: [...queryKey] })));
}

export function useMakeKey() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: async (body: NewKey) => dataOf(await client.POST("/api/keys", { body })), onSuccess: refresh, gcTime: 0 });
}

export function useRotateKey() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ id, expires_in }: { id: string; expires_in: number | null }) =>
      dataOf(await client.POST("/api/keys/{key_id}/rotate", { params: { path: { key_id: id } }, body: { expires_in } })),
    onSuccess: refresh,
    gcTime: 0,
  });
}

export function useRevokeKey() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (id: string) => dataOf(await client.DELETE("/api/keys/{key_id}", { params: { path: { key_id: id } } })).data,
    onSuccess: (key) => {
      showToast(`${key.hint} is revoked. Services refuse it within seconds.`);
      return refresh();
    },
  });
}

export function useChangeStore(store: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: StoreChanges) => dataOf(await client.PATCH("/api/stores/{store_id}", { params: { path: { store_id: store } }, body })).data,
    onSuccess: () => {
      showToast("Saved. Services know it within seconds.");
      return refresh();
    },
  });
}

export function useDeclareStore() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: components["schemas"]["NewStore"]) => dataOf(await client.POST("/api/stores", { body })).data,
    onSuccess: refresh,
  });
}

export function useAddDestination() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: async (body: NewDestination) => dataOf(await client.POST("/api/destinations", { body })), onSuccess: refresh, gcTime: 0 });
}

export function useChangeDestination(destination: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: Partial<components["schemas"]["Changes"]>) =>
      dataOf(await client.PATCH("/api/destinations/{destination}", { params: { path: { destination } }, body: body as components["schemas"]["Changes"] })).data,
    onSettled: refresh,
  });
}

export function useRotateSecret(destination: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: components["schemas"]["NewSecret"]) => dataOf(await client.POST("/api/destinations/{destination}/secrets", { params: { path: { destination } }, body })),
    onSuccess: refresh,
    gcTime: 0,
  });
}

export function useEndSecrets(destination: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async () => dataOf(await client.DELETE("/api/destinations/{destination}/secrets", { params: { path: { destination } } })),
    onSuccess: () => {
      showToast(`${destination}: the newest secret alone signs now.`);
      return refresh();
    },
  });
}

export function useRemoveDestination(destination: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (discard: boolean) => dataOf(await client.DELETE("/api/destinations/{destination}", { params: { path: { destination }, query: { discard } } })),
    onSuccess: ({ discarded }) => {
      showToast(`${destination} is removed.${discarded ? ` ${discarded.toLocaleString("en-GB")} events that waited for it are failed now.` : ""}`);
      return refresh();
    },
  });
}
