/** What each day's look at a test would have shown. */

import type { LiftPoint } from "~/charts/lift_chart";
import type { Days } from "./queries";

export function pointsOf(days: Days, variant: string): LiftPoint[] {
  return days.days.map((day) => {
    const lift = day.variants.find((one) => one.variant_id === variant)?.lift;
    return { value: lift?.value ?? null, low: lift?.interval?.low ?? null, high: lift?.interval?.high ?? null };
  });
}

/** The first day since which every sound look has decided, until now; null if there is none. */
export function sinceOf(days: Days, variant: string): number | null {
  let since: number | null = null;
  for (let place = days.days.length - 1; place >= 0; place -= 1) {
    const day = days.days[place]!;
    const decides = day.is_sound && day.variants.find((one) => one.variant_id === variant)?.is_conclusive;
    if (!decides) break;
    since = place;
  }
  return since;
}

/** How many of the first days allowed no verdict. */
export function firstSound(days: Days): number {
  const place = days.days.findIndex((one) => one.is_sound);
  return place < 0 ? days.days.length : place;
}
