/** Queries of the Usage page. */

import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";
import { daysOfMonth } from "./forecast";

export type Usage = components["schemas"]["Usage"];
export type Limits = components["schemas"]["StoreLimits"];
export type MeterUse = components["schemas"]["MeterUse"];
export type Statement = components["schemas"]["UsageStatementAnswer"];

/** How many months are listed. */
export const MONTHS = 6;

export function usageQuery(store: string, period: string | undefined) {
  return queryOptions({
    queryKey: ["usage", store, period ?? "now"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/usage/{store_id}", { params: { path: { store_id: store }, query: { period } }, signal })),
    enabled: store !== "",
  });
}

export function limitsQuery(store: string) {
  return queryOptions({
    queryKey: ["usage", store, "limits"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/usage/{store_id}/limits", { params: { path: { store_id: store } }, signal })).data,
    enabled: store !== "",
  });
}

export const metersQuery = queryOptions({
  queryKey: ["meters"],
  queryFn: async ({ signal }) => dataOf(await client.GET("/api/meters", { signal })).data,
  staleTime: 60_000,
});

export function daysQuery(store: string, meter: string, month: string) {
  const { end } = daysOfMonth(month);
  return queryOptions({
    queryKey: ["usage", store, "days", meter, month],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/usage/{store_id}/days", { params: { path: { store_id: store }, query: { meter, from: `${month}-01`, to: end } }, signal })).data,
    enabled: store !== "" && meter !== "",
  });
}

export function statementsQuery(store: string) {
  return queryOptions({
    queryKey: ["usage", store, "statements"],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/usage/{store_id}/statements", { params: { path: { store_id: store }, query: { limit: 24 } }, signal })).data,
    enabled: store !== "",
  });
}

/** A statement never changes. */
export function statementQuery(store: string, period: string) {
  return queryOptions({
    queryKey: ["usage", store, "statement", period],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/usage/{store_id}/statements/{period}", { params: { path: { store_id: store, period } }, signal })),
    staleTime: Infinity,
  });
}
