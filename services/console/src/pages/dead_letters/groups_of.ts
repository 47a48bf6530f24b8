/** Groups of letters: their keys in the URL, and their counts over time. */

import type { components } from "~/api/schema";

export type Group = components["schemas"]["GroupSummary"];
export type GroupName = Pick<Group, "stream" | "stage" | "reason">;

const HOUR = 3_600_000;

/** "cart~store~refused by the database": names of streams and stages have no "~". */
export function groupKey({ stream, stage, reason }: GroupName): string {
  return `${stream}~${stage}~${reason}`;
}

export function groupOfKey(key: string | undefined): GroupName | null {
  const [, stream, stage, reason] = /^([^~]*)~([^~]*)~(.*)$/s.exec(key ?? "") ?? [];
  return stream && stage && reason !== undefined ? { stream, stage, reason } : null;
}

/** The expanded group: the one in the URL; a single group is always expanded. */
export function openGroup(groups: readonly Group[], key: string | undefined): Group | undefined {
  if (key === undefined) return groups.length === 1 ? groups[0] : undefined;
  return groups.find((one) => groupKey(one) === key);
}

/** Letters of each hour from `from` until now. */
export function hoursOf(from: string, byHour: readonly { hour: string; letters: number }[], now: number): number[] {
  const start = Date.parse(from);
  const values = new Array<number>(Math.max(0, Math.floor((now - start) / HOUR) + 1)).fill(0);
  for (const { hour, letters } of byHour) {
    const place = Math.round((Date.parse(hour) - start) / HOUR);
    if (place >= 0 && place < values.length) values[place] = letters;
  }
  return values;
}
