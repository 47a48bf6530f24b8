/** The data of a chart: buckets along the bottom, and series of values. */

import { dayOf, formatClock, formatDay, formatOffset, formatWeekday, zoneName } from "~/format/time";

export interface Bucket {
  /** First moment of the bucket, ISO or epoch milliseconds. */
  start: string | number;
  /** Whether the bucket is over; others are hatched. */
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
  return `${formatWeekday(start, zone)}, ${formatHour(start.getTime(), zone)} ${zoneName(zone)}`;
}

const HOUR = 3_600_000;

/** "20:00–21:00"; for an hour that occurs twice when clocks are set back, also which one it is. */
function formatHour(start: number, zone: string): string {
  const [before, clock, end, after] = [start - HOUR, start, start + HOUR, start + 2 * HOUR].map((at) => formatClock(at, zone));
  if (clock === end) return `${clock}–${after} ${formatOffset(start, zone)}`;
  return `${clock}–${end}${clock === before ? ` ${formatOffset(start, zone)}` : ""}`;
}

/** "Wed 25", "3 Oct", "15:00" for the axis. */
export function shortLabel(bucket: Bucket, grain: Grain, zone: string, count: number): string {
  if (grain === "second") return longLabel(bucket, grain, zone).split(" ")[0]!;
  if (grain === "hour" && count <= 48) return formatClock(bucket.start, zone);
  if (grain === "week" || count > 24 * 14 || (grain === "day" && count > 14)) return formatDay(bucket.start, zone);
  return formatWeekday(bucket.start, zone).split(" ").slice(0, 2).join(" ");
}

/** Which buckets get a label, so that labels are at least `room` pixels apart. For hours over more than two
 * days, labels are at the beginnings of days: in some zones midnight is not on an hour of UTC. */
export function labelled(buckets: readonly Bucket[], grain: Grain, zone: string, width: number, room = grain === "second" ? 96 : 54): number[] {
  const all = buckets.map((_, place) => place);
  const isLong = grain === "hour" && buckets.length > 48;
  const day = (place: number) => dayOf(buckets[place]!.start, zone);
  const candidates = isLong ? all.filter((place) => (place === 0 ? formatClock(buckets[0]!.start, zone) < "01:00" : day(place) !== day(place - 1))) : all;
  if (candidates.length === 0) return [];
  const step = width / Math.max(1, buckets.length);
  const between = step * (candidates.length > 1 ? candidates[1]! - candidates[0]! : 1);
  const every = Math.max(1, Math.ceil(room / Math.max(1, between)));
  return candidates.filter((_, place) => place % every === 0);
}

/** Steps between an axis' lines, for each power of ten. */
const STEPS = [1, 2, 2.5, 5, 10];
/** Numbers of lines above zero. The axis takes the one whose top is closest above the values; of equal ones,
 * the greater. */
const LINES = [2, 3, 4, 5];

export interface Axis {
  top: number;
  /** Positions of the lines, zero first. */
  ticks: number[];
}

/** An axis from zero to a round number above every value, in round steps. Counts have whole steps and a
 * maximum of at least 4; shares of 1 have whole percents and at least 4%. */
export function axisOf(values: readonly (number | null)[], isShare = false): Axis {
  const most = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  const unit = isShare ? 0.01 : 1; // the smallest step
  const wanted = Math.max(most / unit, 4);
  const magnitude = 10 ** Math.floor(Math.log10(wanted / LINES.at(-1)!));
  const axes = [0.1, 1, 10]
    .flatMap((power) => STEPS.map((step) => step * magnitude * power))
    .filter((step) => step >= 1 && (step % 1 === 0 || step > 1e6))
    .flatMap((step) => LINES.map((lines) => ({ step, lines, top: step * lines })))
    .filter(({ top }) => top >= wanted * (1 - 1e-9));
  const best = axes.reduce((least, one) => (one.top < least.top || (one.top === least.top && one.lines > least.lines) ? one : least));
  const at = (line: number) => Number((best.step * line * unit).toPrecision(12));
  return { top: at(best.lines), ticks: Array.from({ length: best.lines + 1 }, (_, line) => at(line)) };
}
