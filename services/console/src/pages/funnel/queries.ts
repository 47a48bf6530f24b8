import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";
import type { Compared } from "~/state/period";

export type Funnel = components["schemas"]["Funnel"];
export type FunnelStep = components["schemas"]["FunnelStep"];

export interface FunnelQuery {
  store_id: string;
  from: string;
  to: string;
  compare?: Compared["compare"];
}

export function funnelQuery(query: FunnelQuery) {
  return queryOptions({
    queryKey: ["funnel", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/funnel", { params: { query }, signal })),
  });
}
