/** What the overview reads. Every panel fails and waits for itself. */

import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";
import type { Bucket, Compared } from "~/state/period";

type Schemas = components["schemas"];
export type Overview = Schemas["Overview"];
export type Totals = Schemas["OverviewFigures"];
export type OverviewBucket = Schemas["OverviewBucket"];
export type Funnel = Schemas["Funnel"];
export type Products = Schemas["Products"];
export type Sources = Schemas["Sources"];

export interface Asked {
  store: string;
  from: string;
  to: string;
  compare: Compared["compare"];
}

/** Entries of the short lists. */
export const SHOWN = { products: 7, sources: 6, tests: 4 } as const;

function parametersOf({ store, from, to }: Asked) {
  return { store_id: store, from, to };
}

export function overviewQuery(asked: Asked, bucket: Bucket) {
  return queryOptions({
    queryKey: ["overview", asked, bucket],
    queryFn: async ({ signal }): Promise<Overview> => {
      const query = { ...parametersOf(asked), compare: asked.compare, bucket };
      return dataOf(await client.GET("/api/analytics/overview", { params: { query }, signal }));
    },
  });
}

/** The address that gives the same figures, for who wants to ask for them. */
export function addressOf(asked: Asked, bucket: Bucket): string {
  const named = { ...parametersOf(asked), bucket, ...(asked.compare ? { compare: asked.compare } : {}) };
  return `/api/analytics/overview?${new URLSearchParams(named).toString()}`;
}

export function funnelQuery(asked: Asked) {
  return queryOptions({
    queryKey: ["funnel", asked],
    queryFn: async ({ signal }): Promise<Funnel> => {
      const query = { ...parametersOf(asked), compare: asked.compare };
      return dataOf(await client.GET("/api/analytics/funnel", { params: { query }, signal }));
    },
  });
}

export function productsQuery(asked: Asked) {
  return queryOptions({
    queryKey: ["overview-products", asked],
    queryFn: async ({ signal }): Promise<Products> => {
      const query = { ...parametersOf(asked), limit: SHOWN.products };
      return dataOf(await client.GET("/api/analytics/products", { params: { query }, signal }));
    },
  });
}

export function sourcesQuery(asked: Asked) {
  return queryOptions({
    queryKey: ["overview-sources", asked],
    queryFn: async ({ signal }): Promise<Sources> => {
      const query = { ...parametersOf(asked), limit: SHOWN.sources };
      return dataOf(await client.GET("/api/analytics/sources", { params: { query }, signal }));
    },
  });
}

export function runningTestsQuery(store: string) {
  return queryOptions({
    queryKey: ["running-tests", store],
    queryFn: async ({ signal }) => {
      const params = { path: { store_id: store }, query: { status: "running" as const, limit: SHOWN.tests + 1 } };
      return dataOf(await client.GET("/api/ab-testing/{store_id}", { params, signal }));
    },
  });
}

export function verdictQuery(store: string, test: string) {
  return queryOptions({
    queryKey: ["verdict", store, test],
    queryFn: async ({ signal }) => {
      const params = { path: { store_id: store, test_id: test } };
      return dataOf(await client.GET("/api/ab-testing/{store_id}/test/{test_id}/results", { params, signal }));
    },
  });
}
