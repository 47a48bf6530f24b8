/** The pipeline's state, read once for the sidebar's foot, its marks and the overview. */

import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "./client";
import type { components } from "./schema";

export type Pipeline = components["schemas"]["PipelineState"];

/** How often it is read again while the tab is visible, in milliseconds. */
const EVERY = 15_000;

export const pipelineQuery = queryOptions({
  queryKey: ["pipeline"],
  queryFn: async ({ signal }): Promise<Pipeline> => dataOf(await client.GET("/api/health/pipeline", { signal })),
  refetchInterval: EVERY,
});

/** Destinations that need attention. */
export function troubledOf(pipeline: Pipeline): Pipeline["destinations"] {
  return pipeline.destinations.filter((one) => one.word === "open" || one.word === "refuses" || one.word === "disabled");
}

/** "1,204", or "10,000+" if the count stopped there. */
export function isMore(count: string, more: boolean): string {
  return more ? `${count}+` : count;
}
