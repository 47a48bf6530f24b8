/** Times in the store's zone. `zone` is an IANA name; days are ISO dates such as 2026-11-28. */

import { LOCALE } from "./numbers";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions, locale = LOCALE): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  let known = formats.get(key);
  if (!known) formats.set(key, (known = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })));
  return known;
}

export type Instant = Date | string | number;

/** The local day of a moment. */
export function dayOf(at: Instant, zone: string): string {
  return format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA").format(new Date(at));
}

/** "15:42". */
export function formatClock(at: Instant, zone: string): string {
  return format(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** "GMT+2". */
export function formatOffset(at: Instant, zone: string): string {
  const parts = format(zone, { timeZoneName: "shortOffset" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** "15:42:05", with `digits` decimals of the second. */
export function formatSeconds(at: Instant, zone: string, digits: 0 | 3 = 0): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return format(zone, digits ? { ...options, fractionalSecondDigits: digits } : options).format(new Date(at));
}

/** "3 Oct", with the year if it is not the current one. */
export function formatDay(at: Instant, zone: string, now: Instant = Date.now()): string {
  const isThisYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  return format(zone, { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }) }).format(new Date(at));
}

/** "3 Oct" of an ISO day, independent of zones. */
export function formatIsoDay(day: string): string {
  return formatDay(`${day}T12:00:00Z`, "UTC");
}

/** "15:42 today", else "3 Oct". */
export function formatSeen(at: Instant, zone: string, now: Instant = Date.now()): string {
  if (dayOf(at, zone) === dayOf(now, zone)) return `${formatClock(at, zone)} today`;
  return formatDay(at, zone, now);
}

/** "3 Oct 2026, 19:04". */
export function formatMoment(at: Instant, zone: string): string {
  const day = format(zone, { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
  return `${day}, ${formatClock(at, zone)}`;
}

/** "Friday 27 November". */
export function formatLongDay(at: Instant, zone: string): string {
  return format(zone, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at)).replace(",", "");
}

/** "Wed 25 Nov". */
export function formatWeekday(at: Instant, zone: string): string {
  return format(zone, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at)).replace(",", "");
}

/** "1 min 12 s", "3 d 4 h": the two largest parts. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds == null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** "1.2 s", "3 min 12 s": a delay, with decimals below a minute. */
export function formatBehind(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}

/** How old something is: "8 s ago" under a minute, then whole minutes and more. */
export function formatAge(at: Instant, now: Instant = Date.now()): string {
  const seconds = Math.max(0, Math.floor((new Date(now).getTime() - new Date(at).getTime()) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${formatDuration(Math.floor(seconds / 60) * 60)} ago`;
}

/** The day `days` after an ISO date. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** "22–28 Nov", "28 Oct – 3 Nov", "28 Dec 2025 – 3 Jan 2026": both ends inclusive. */
export function formatDays(from: string, to: string): string {
  const last = addDays(to, -1);
  const [a, b] = [new Date(`${from}T00:00:00Z`), new Date(`${last}T00:00:00Z`)];
  const isThisYear = last.slice(0, 4) === String(new Date().getUTCFullYear());
  const year: Intl.DateTimeFormatOptions = isThisYear && from.slice(0, 4) === last.slice(0, 4) ? {} : { year: "numeric" };
  const text = (at: Date, options: Intl.DateTimeFormatOptions) => format("UTC", options).format(at);
  const whole: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", ...year };
  if (from === last) return text(b, whole);
  if (from.slice(0, 7) === last.slice(0, 7)) return `${text(a, { day: "numeric" })}–${text(b, whole)}`;
  return `${text(a, whole)} – ${text(b, whole)}`;
}

/** A zone's displayed name: "UTC", "Europe/Berlin". */
export function zoneName(zone: string): string {
  return zone.replaceAll("_", " ");
}
