import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";

export type PersonDetails = components["schemas"]["PersonDetails"];
export type PersonEvent = components["schemas"]["PersonEvent"];
export type PersonSession = components["schemas"]["PersonSession"];

const EVENTS_A_PAGE = 100;

export function personQuery(store: string, person: string) {
  return queryOptions({
    queryKey: ["person", store, person],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/people/{person}", { params: { path: { person }, query: { store_id: store } }, signal })).data,
    enabled: store !== "",
    // Another person's data must not be shown while these are loading.
    placeholderData: undefined,
  });
}

/** Newest events first; each page links to older ones. `kinds`: all if undefined. */
export function eventsQuery(store: string, person: string, kinds: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["person events", store, person, kinds ?? ""],
    queryFn: async ({ signal, pageParam }) =>
      dataOf(
        await client.GET("/api/people/{person}/events", {
          params: { path: { person }, query: { store_id: store, kinds, limit: EVENTS_A_PAGE, cursor: pageParam || undefined } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: store !== "",
    placeholderData: undefined,
  });
}
