/** How the pipeline is: read once for the sidebar's foot, its marks and the overview. */

import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "./client";
import type { components } from "./schema";

export type Pipeline = components["schemas"]["PipelineState"];

/** How often it is read again, while somebody looks. */
const EVERY = 15_000;

export const pipelineQuery = queryOptions({
  queryKey: ["pipeline"],
  queryFn: async ({ signal }): Promise<Pipeline> => dataOf(await client.GET("/api/health/pipeline", { signal })),
  refetchInterval: EVERY,
});

/** Destinations that somebody should look at. */
export function troubledOf(pipeline: Pipeline): Pipeline["destinations"] {
  return pipeline.destinations.filter((one) => one.word === "open" || one.word === "refuses" || one.word === "disabled");
}

/** "1,204", and "10,000+" where more are not counted. */
export function isMore(count: string, more: boolean): string {
  return more ? `${count}+` : count;
}
