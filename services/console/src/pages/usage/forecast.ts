/** Forecasts of a month's usage, at its current pace. */

export type Aggregation = "sum" | "count" | "max" | "last";

export interface Span {
  startsAt: number;
  endsAt: number;
  now: number;
}

const DAY = 86_400_000;
/** No forecast before this much of the month has passed. */
const LEAST = DAY;

/** The forecast for the end of the month; null if it is too early. Meters that count a maximum or the latest
 * value do not grow with time. */
export function atEnd(used: number, aggregation: Aggregation, { startsAt, endsAt, now }: Span): number | null {
  if (aggregation === "max" || aggregation === "last") return used;
  const elapsed = Math.min(now, endsAt) - startsAt;
  if (elapsed < LEAST) return null;
  return (used * (endsAt - startsAt)) / elapsed;
}

/** When a limit will be reached at the current pace, in epoch milliseconds; null: not in this period. */
export function reachedAt(limit: number, used: number, aggregation: Aggregation, span: Span): number | null {
  if (used >= limit) return span.now;
  const end = atEnd(used, aggregation, span);
  if (end === null || end < limit || aggregation === "max" || aggregation === "last") return null;
  const elapsed = span.now - span.startsAt;
  return span.startsAt + (limit * elapsed) / used;
}

export interface Standing {
  tone: "ok" | "warn" | "bad";
  /** "near its limit", "limit tomorrow", "" if all is well. */
  word: "" | "over its soft limit" | "limit reached" | "limit ahead";
  /** When the hard limit was or will be reached. */
  at: number | null;
}

/** A meter's state relative to its limits. */
export function standingOf(used: number, limits: { soft: number | null; hard: number | null }, aggregation: Aggregation, span: Span): Standing {
  const { soft, hard } = limits;
  if (hard !== null) {
    if (used >= hard) return { tone: "bad", word: "limit reached", at: span.now };
    const at = reachedAt(hard, used, aggregation, span);
    if (at !== null) return { tone: at - span.now < 2 * DAY ? "bad" : "warn", word: "limit ahead", at };
  }
  if (soft !== null && used >= soft) return { tone: "warn", word: "over its soft limit", at: null };
  return { tone: "ok", word: "", at: null };
}

/** The days of a month such as 2026-11, and the first day after it. */
export function daysOfMonth(month: string): { days: string[]; end: string } {
  const at = new Date(`${month}-01T00:00:00Z`);
  const days: string[] = [];
  while (at.toISOString().slice(0, 7) === month) {
    days.push(at.toISOString().slice(0, 10));
    at.setUTCDate(at.getUTCDate() + 1);
  }
  return { days, end: at.toISOString().slice(0, 10) };
}
