/** Days and hours of a period as buckets of a chart, including those without events. */

import { addDays, dayOf } from "~/format/time";
import type { Period } from "~/state/period";
import type { Bucket } from "./model";

const HOUR = 3_600_000;

/** A moment within a local day. */
export function momentOf(day: string, zone: string): number {
  const noon = Date.parse(`${day}T12:00:00Z`);
  const local = dayOf(noon, zone);
  if (local === day) return noon;
  return local > day ? noon - 12 * HOUR : noon + 12 * HOUR;
}

/** The days of a period that have begun. */
export function daysOf(period: Period, zone: string, now: number): string[] {
  const today = dayOf(now, zone);
  const days: string[] = [];
  for (let day = period.from; day < period.to && day <= today; day = addDays(day, 1)) days.push(day);
  return days;
}

export function bucketsOfDays(days: readonly string[], zone: string, now: number): Bucket[] {
  const today = dayOf(now, zone);
  return days.map((day) => ({ start: momentOf(day, zone), isComplete: day < today }));
}

/** The hours (UTC) between two moments that have begun. */
export function bucketsOfHours(from: string, to: string, now: number): Bucket[] {
  const first = Math.floor(Date.parse(from) / HOUR) * HOUR;
  const end = Math.min(Date.parse(to), now);
  const buckets: Bucket[] = [];
  for (let at = first; at < end; at += HOUR) buckets.push({ start: at, isComplete: at + HOUR <= now });
  return buckets;
}
