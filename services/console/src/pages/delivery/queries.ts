/** What the Delivery page reads, and what it does to destinations. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";
import { showToast } from "~/parts/toast";

export type Detail = components["schemas"]["DestinationHealthDetail"];
export type Trial = components["schemas"]["Trial"];

/** How often destinations are read while somebody looks. */
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

/** Totals as they are kept, for an hour; `recount` asks for new ones. */
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

type Status = "active" | "paused";

/** Pauses or resumes a destination; resuming closes its breaker too. */
export function useStatusChange(destination: string) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: async (status: Status) => dataOf(await client.PATCH("/api/destinations/{destination}", { params: { path: { destination } }, body: { status } })),
    onSuccess: (_, status) => {
      showToast(status === "paused" ? `${destination} is paused. Its events wait.` : `${destination} is active, and its breaker closed.`, status === "paused" ? () => change.mutate("active") : undefined);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["delivery", "destinations"] }),
  });
  return change;
}

/** Sends one example event at once; nothing about it is stored. */
export function useTrial(destination: string) {
  return useMutation({
    mutationFn: async (): Promise<Trial> => dataOf(await client.POST("/api/destinations/{destination}/test", { params: { path: { destination } } })).data,
  });
}
