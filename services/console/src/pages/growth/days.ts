/** Days of a period as buckets of a chart: also those without any event. */

import { addDays, dayOf } from "~/format/time";
import type { Bucket } from "~/charts/model";
import type { Period } from "~/state/period";

export interface DayFigures {
  day: string;
  complete: boolean;
}

/** A moment of a local day, whatever the zone: its noon, or the UTC noon nearest to it. */
export function momentOf(day: string, zone: string): number {
  const noon = Date.parse(`${day}T12:00:00Z`);
  const local = dayOf(noon, zone);
  if (local === day) return noon;
  return local > day ? noon - 12 * 3_600_000 : noon + 12 * 3_600_000;
}

/** The days of a period, each with its figures; undefined where nothing happened. Days to come are
 * left out. */
export function daysOf<Day extends DayFigures>(
  period: Period,
  zone: string,
  found: readonly Day[],
  now: number,
): { buckets: Bucket[]; days: (Day | undefined)[] } {
  const byDay = new Map(found.map((one) => [one.day, one]));
  const today = dayOf(now, zone);
  const buckets: Bucket[] = [];
  const days: (Day | undefined)[] = [];
  for (let day = period.from; day < period.to && day <= today; day = addDays(day, 1)) {
    const figures = byDay.get(day);
    buckets.push({ start: momentOf(day, zone), isComplete: figures ? figures.complete : day < today });
    days.push(figures);
  }
  return { buckets, days };
}
