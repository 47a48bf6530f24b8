/** What a chart draws: buckets along the bottom, series of values over them. */

import { formatClock, formatDay, formatWeekday, zoneName } from "~/format/time";

export interface Bucket {
  /** First moment of the bucket, ISO or epoch milliseconds. */
  start: string | number;
  /** Whether it is over: what is not over is hatched. */
  isComplete: boolean;
}

export interface Series {
  id: string;
  name: string;
  color: "s1" | "s2" | "s3" | "s4" | "s5" | "s6" | "previous" | "ok" | "bad";
  /** The same number of values as there are buckets; null is a gap. */
  values: readonly (number | null)[];
  /** An earlier period beside this one: dotted and grey. */
  isPrevious?: boolean;
}

export type Grain = "second" | "hour" | "day" | "week";

/** "Wed 25 Nov, 20:00–21:00 UTC" for a tooltip. */
export function longLabel(bucket: Bucket, grain: Grain, zone: string): string {
  const start = new Date(bucket.start);
  if (grain === "day") return `${formatWeekday(start, zone)}, ${zoneName(zone)}`;
  if (grain === "week") return `Week of ${formatWeekday(start, zone)}, ${zoneName(zone)}`;
  if (grain === "second") return `${formatClock(start, zone)}:${String(start.getUTCSeconds()).padStart(2, "0")} ${zoneName(zone)}`;
  const end = new Date(start.getTime() + 3_600_000);
  return `${formatWeekday(start, zone)}, ${formatClock(start, zone)}–${formatClock(end, zone)} ${zoneName(zone)}`;
}

/** "Wed 25", "3 Oct", "15:00" for the axis. */
export function shortLabel(bucket: Bucket, grain: Grain, zone: string, count: number): string {
  if (grain === "second") return longLabel(bucket, grain, zone).split(" ")[0]!;
  if (grain === "hour" && count <= 48) return formatClock(bucket.start, zone);
  if (grain === "week" || count > 24 * 14 || (grain === "day" && count > 14)) return formatDay(bucket.start, zone);
  return formatWeekday(bucket.start, zone).split(" ").slice(0, 2).join(" ");
}

/** Which buckets get a label, so that none stands within `room` pixels of another. Hours over more
 * than two days are labelled at midnight. */
export function labelled(buckets: readonly Bucket[], grain: Grain, zone: string, width: number, room = grain === "second" ? 96 : 54): number[] {
  const all = buckets.map((_, place) => place);
  const midnights = grain === "hour" && buckets.length > 48;
  const candidates = midnights ? all.filter((place) => formatClock(buckets[place]!.start, zone) === "00:00") : all;
  if (candidates.length === 0) return [];
  const step = width / Math.max(1, buckets.length);
  const between = step * (candidates.length > 1 ? candidates[1]! - candidates[0]! : 1);
  const every = Math.max(1, Math.ceil(room / Math.max(1, between)));
  return candidates.filter((_, place) => place % every === 0);
}

/** Tops of axes of shares, whose quarters are whole percents. */
const SHARES = [0.04, 0.08, 0.12, 0.2, 0.32, 0.4, 0.6, 0.8, 1];

/** The top of the axis: a round number above every value, and at least 4 (or 4%). */
export function roundTop(values: readonly (number | null)[], isShare = false): number {
  const most = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  if (isShare) return SHARES.find((top) => top >= most) ?? Math.ceil(most);
  if (most <= 0) return 4;
  const magnitude = 10 ** Math.floor(Math.log10(most));
  const steps = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];
  const top = steps.map((step) => step * magnitude).find((step) => step >= most) ?? 10 * magnitude;
  return Math.max(4, Math.ceil(top / 4) * 4);
}
