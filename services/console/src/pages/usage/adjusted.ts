/** Adjustments of closed months by late events. */

import type { components } from "~/api/schema";
import type { Aggregation } from "./forecast";

export type Adjustment = components["schemas"]["UsageAdjustment"];

/** An adjustment in the figure that limits and bills use. */
export function amountOf(one: Adjustment, aggregation: Aggregation): number {
  if (aggregation === "count") return one.count;
  return Number(aggregation === "sum" ? one.sum : aggregation === "max" ? one.max_change : one.last_change);
}

/** The sum of later months' adjustments of a closed one. */
export function adjustedOf(later: readonly { adjustments: readonly Adjustment[] }[], period: string, meter: string, aggregation: Aggregation): number {
  return later
    .flatMap(({ adjustments }) => adjustments)
    .filter((one) => one.for_period === period && one.meter === meter)
    .reduce((sum, one) => sum + amountOf(one, aggregation), 0);
}
