/** The period of a page: whole days of the store's zone, `to` excluded, as the API takes them. */

import { addDays, dayOf, daysBetween, formatDays, zoneName } from "~/format/time";
import { useStore } from "./store";
import { type Search, usePageSearch } from "./search";

export const PRESETS = ["today", "7d", "28d", "91d", "month", "last-month"] as const;
export type Preset = (typeof PRESETS)[number];
export const DEFAULT_PRESET: Preset = "7d";

export const PRESET_NAMES: Record<Preset, string> = {
  today: "Today",
  "7d": "Last 7 days",
  "28d": "Last 28 days",
  "91d": "Last 13 weeks",
  month: "This month",
  "last-month": "Last month",
};

export interface Period {
  preset: Preset | null;
  /** First day, and the first day after. */
  from: string;
  to: string;
  days: number;
  /** "Last 7 days", or the days themselves. */
  name: string;
  /** "22–28 Nov". */
  dates: string;
  zone: string;
  /** Whether its last day is not over. */
  isOpen: boolean;
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
export const MOST_DAYS = 400;
/** Years of which anybody has figures; the API knows no others. */
const [FIRST, LAST] = ["2000-01-01", "2100-01-01"];

/** The period of a URL; what it says wrongly is dropped, and `bad` says so to the reader. */
export function periodOf(search: Search, zone: string, now = Date.now()): { period: Period; bad: string | null } {
  const today = dayOf(now, zone);
  const { from, to, p } = search;
  if (from !== undefined || to !== undefined) {
    if (isDay(from) && isDay(to) && FIRST <= from && from < to && to <= LAST && daysBetween(from, to) <= MOST_DAYS) {
      return { period: make(null, from, to, zone, today), bad: null };
    }
    return { period: presetPeriod(DEFAULT_PRESET, zone, today), bad: `The address asked for the days from ${from ?? "none"} to ${to ?? "none"}. ${whyBad(from, to)}` };
  }
  const isKnown = p !== undefined && (PRESETS as readonly string[]).includes(p);
  const preset = isKnown ? (p as Preset) : DEFAULT_PRESET;
  return { period: presetPeriod(preset, zone, today), bad: p !== undefined && !isKnown ? `The address asked for the period “${p.slice(0, 60)}”, which there is not.` : null };
}

/** Why these days, both inside, cannot be shown; null where they can. */
export function faultOfDays(first: string, last: string): string | null {
  if (!isDay(first) || !isDay(last)) return "Choose a first and a last day.";
  if (first > last) return "The last day lies before the first.";
  if (first < FIRST || last >= LAST) return "Choose days between 2000 and 2099.";
  const days = daysBetween(first, last) + 1;
  return days > MOST_DAYS ? `These are ${days} days. A period has at most ${MOST_DAYS}.` : null;
}

/** What is wrong with the days of an address, whose last one is the first that is left out. */
function whyBad(from: string | undefined, to: string | undefined): string {
  const fault = isDay(from) && isDay(to) ? faultOfDays(from, addDays(to, -1)) : null;
  return fault ?? "These are not two days.";
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && DAY.test(text) && addDays(text, 0) === text; // 31 November is none
}

export function presetPeriod(preset: Preset, zone: string, today: string): Period {
  const tomorrow = addDays(today, 1);
  const month = `${today.slice(0, 7)}-01`;
  const firsts: Record<Preset, [string, string]> = {
    today: [today, tomorrow],
    "7d": [addDays(tomorrow, -7), tomorrow],
    "28d": [addDays(tomorrow, -28), tomorrow],
    "91d": [addDays(tomorrow, -91), tomorrow],
    month: [month, tomorrow],
    "last-month": [`${addDays(month, -1).slice(0, 7)}-01`, month],
  };
  return make(preset, ...firsts[preset], zone, today);
}

function make(preset: Preset | null, from: string, to: string, zone: string, today: string): Period {
  const dates = formatDays(from, to);
  const name = preset ? PRESET_NAMES[preset] : dates;
  return { preset, from, to, days: daysBetween(from, to), name, dates, zone: zoneName(zone), isOpen: to > today };
}

/** The period before or after this one, as its days. */
export function moved(period: Period, direction: -1 | 1): { from: string; to: string } {
  const days = period.days * direction;
  return { from: addDays(period.from, days), to: addDays(period.to, days) };
}

export const COMPARISONS = ["previous_weeks", "previous_period", "previous_year", "none"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface Compared {
  choice: Comparison;
  /** For the API: absent where nothing is compared. */
  compare: Exclude<Comparison, "none"> | undefined;
  /** "15–21 Nov, to the same hour"; null where nothing is compared. */
  name: string | null;
  /** The days it is compared with, as the API takes them. */
  days: { from: string; to: string } | null;
}

export function comparedOf(search: Search, period: Period): Compared {
  const given = search.c as Comparison | undefined;
  const choice = given && COMPARISONS.includes(given) ? given : standardOf(period);
  if (choice === "none") return { choice, compare: undefined, name: null, days: null };
  const from = beside(period.from, period, choice);
  const to = addDays(beside(addDays(period.to, -1), period, choice), 1);
  const suffix = period.isOpen ? ", to the same hour" : "";
  return { choice, compare: choice, name: `${formatDays(from, to)}${suffix}`, days: { from, to } };
}

/** The day beside which a day of the period is drawn; null where nothing is compared. */
export function besideOf(day: string, period: Period, choice: Comparison): string | null {
  return choice === "none" ? null : beside(day, period, choice);
}

/** Weekday beside weekday, up to four weeks: a Monday says little about a Sunday. */
function standardOf(period: Period): Comparison {
  return period.days <= 28 ? "previous_weeks" : "previous_period";
}

function beside(day: string, period: Period, choice: Exclude<Comparison, "none">): string {
  if (choice === "previous_year") return yearBefore(day);
  return addDays(day, choice === "previous_weeks" ? -7 * Math.ceil(period.days / 7) : -period.days);
}

function yearBefore(day: string): string {
  const year = Number(day.slice(0, 4)) - 1;
  const rest = day.slice(4);
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return `${year}${rest === "-02-29" && !isLeap ? "-02-28" : rest}`;
}

export type Bucket = "hour" | "day";

/** Hours up to three days, on request up to fourteen; days above. */
export function bucketsOf(period: Period): { standard: Bucket; choices: Bucket[] } {
  if (period.days <= 3) return { standard: "hour", choices: ["hour", "day"] };
  if (period.days <= 14) return { standard: "day", choices: ["hour", "day"] };
  return { standard: "day", choices: ["day"] };
}

/** Period and comparison of the page, with what the API wants of them. */
export function usePeriod() {
  const store = useStore();
  const [search] = usePageSearch();
  const { period, bad } = periodOf(search, store.time_zone);
  const compared = comparedOf(search, period);
  return { period, compared, bad, query: { from: period.from, to: period.to } };
}
