/** What late events changed of closed months. */

import type { components } from "~/api/schema";
import type { Aggregation } from "./forecast";

export type Adjustment = components["schemas"]["UsageAdjustment"];

/** An adjustment in the figure that limits and bills are about. */
export function amountOf(one: Adjustment, aggregation: Aggregation): number {
  if (aggregation === "count") return one.count;
  return Number(aggregation === "sum" ? one.sum : aggregation === "max" ? one.max_change : one.last_change);
}

/** What months after it say of a closed one, added up. */
export function adjustedOf(later: readonly { adjustments: readonly Adjustment[] }[], period: string, meter: string, aggregation: Aggregation): number {
  return later
    .flatMap(({ adjustments }) => adjustments)
    .filter((one) => one.for_period === period && one.meter === meter)
    .reduce((sum, one) => sum + amountOf(one, aggregation), 0);
}
