/** Queries of the Delivery page. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";

export type Detail = components["schemas"]["DestinationHealthDetail"];

/** How often destinations are read while the tab is visible, in milliseconds. */
const AGAIN = 10_000;

export const destinationsQuery = queryOptions({
  queryKey: ["delivery", "destinations"],
  queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/destinations", { signal })),
  refetchInterval: AGAIN,
});

export function destinationQuery(destination: string) {
  return queryOptions({
    queryKey: ["delivery", "destinations", destination],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/destinations/{destination}", { params: { path: { destination } }, signal })),
    refetchInterval: AGAIN,
  });
}

/** Cached totals, at most an hour old; `useRecount` requests new ones. */
export const totalsQuery = queryOptions({
  queryKey: ["delivery", "totals"],
  queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/stats", { signal })),
});

export function useRecount() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => dataOf(await client.GET("/api/delivery/stats", { params: { query: { refresh: true } } })),
    onSuccess: (counted) => queries.setQueryData(totalsQuery.queryKey, counted),
  });
}
