/** Formats of numbers: real minus signs, "–" for unknown values. */

export const LOCALE = "en-GB";
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const tick = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 2 });
const tenth = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });

/** 1,284,310; "–" if unknown, "0" for a counted zero. */
export function formatCount(value: number | null | undefined): string {
  return value == null ? UNKNOWN : withMinus(whole.format(value));
}

/** 12k, 1.3m: for axes and narrow places. */
export function formatShort(value: number | null | undefined): string {
  return value == null ? UNKNOWN : withMinus(short.format(value)).toLowerCase();
}

/** 1.25k: with all digits of an axis' steps. */
export function formatTick(value: number): string {
  return tick.format(value).toLowerCase();
}

/** 38.2: rates and other measured values. */
export function formatRate(value: number | null | undefined): string {
  return value == null ? UNKNOWN : withMinus(tenth.format(value));
}

/** A share of 1 as "62.7%". Conversion rates need two digits. */
export function formatPercent(share: number | null | undefined, digits = 1): string {
  if (share == null || !Number.isFinite(share)) return UNKNOWN;
  return `${withMinus((share * 100).toFixed(digits))}%`;
}

/** 12%: for axes, whose steps are whole percents. */
export function formatWholePercent(share: number): string {
  return formatPercent(share, 0);
}

export function ratioOf(part: number | null | undefined, all: number | null | undefined): number | null {
  return part == null || !all ? null : part / all;
}

export interface Change {
  text: string;
  direction: "up" | "down" | "flat";
}

/** "+7.5%" between two counts; null without an earlier value. */
export function changeOf(now: number | null | undefined, before: number | null | undefined): Change | null {
  if (now == null || before == null || before === 0) return null;
  const share = now / before - 1;
  const digits = Math.abs(share) < 0.0995 ? 1 : 0;
  return { text: signed((share * 100).toFixed(digits), "%"), direction: directionOf(share, 0.0005) };
}

/** "−0.2 pt" between two shares of 1. Conversion rates need two digits. */
export function pointsOf(now: number | null | undefined, before: number | null | undefined, digits = 1): Change | null {
  if (now == null || before == null) return null;
  const points = (now - before) * 100;
  return { text: signed(points.toFixed(digits), " pt"), direction: directionOf(points, 0.5 / 10 ** digits) };
}

function directionOf(value: number, flat: number): Change["direction"] {
  if (Math.abs(value) < flat) return "flat";
  return value > 0 ? "up" : "down";
}

function signed(digits: string, unit: string): string {
  const isZero = Number(digits) === 0;
  if (isZero) return `0${unit}`;
  return digits.startsWith("-") ? `−${digits.slice(1)}${unit}` : `+${digits}${unit}`;
}

function withMinus(text: string): string {
  return text.replace("-", "−");
}

const BYTES = ["B", "kB", "MB", "GB", "TB"];

/** Bytes in steps of 1,000. */
export function formatBytes(bytes: number): string {
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < BYTES.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step === 0 ? whole.format(value) : tenth.format(value)} ${BYTES[step]}`;
}
