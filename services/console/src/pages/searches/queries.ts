import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";

export type SearchTerm = components["schemas"]["Search"];
export type Searches = components["schemas"]["Searches"];
export type SearchesQuery = NonNullable<operations["list_searches"]["parameters"]["query"]>;

export function searchesQuery(query: SearchesQuery) {
  return queryOptions({
    queryKey: ["searches", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/searches", { params: { query }, signal })),
  });
}
