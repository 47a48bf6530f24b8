/** Days of a period with their figures, including days without events. */

import { bucketsOfDays, daysOf } from "~/charts/days";
import type { Bucket } from "~/charts/model";
import { type Comparison, type Period, besideOf } from "~/state/period";

export interface DayFigures {
  day: string;
  complete: boolean;
}

/** The days of a period that have begun, with their figures; undefined for days without events. */
export function figuresByDay<Day extends DayFigures>(
  period: Period,
  zone: string,
  found: readonly Day[],
  now: number,
): { buckets: Bucket[]; days: (Day | undefined)[] } {
  const names = daysOf(period, zone, now);
  const byDay = new Map(found.map((one) => [one.day, one]));
  const days = names.map((day) => byDay.get(day));
  const buckets = bucketsOfDays(names, zone, now).map((bucket, place) => ({ ...bucket, isComplete: days[place]?.complete ?? bucket.isComplete }));
  return { buckets, days };
}

/** The figures of the matching days of the earlier period. */
export function figuresBeside<Day extends DayFigures>(
  period: Period,
  zone: string,
  earlier: readonly Day[],
  choice: Comparison,
  now: number,
): (Day | undefined)[] {
  const byDay = new Map(earlier.map((one) => [one.day, one]));
  return daysOf(period, zone, now).map((day) => byDay.get(besideOf(day, period, choice) ?? ""));
}
