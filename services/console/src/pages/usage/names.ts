/** Names of meters, and formats of their quantities. */

import type { components } from "~/api/schema";
import { LOCALE, UNKNOWN, formatBytes } from "~/format/numbers";
import { readable } from "~/format/text";
import type { Aggregation } from "./forecast";

type MeterUsage = components["schemas"]["MeterUsage"];

const NAMES: Record<string, string> = { api_call: "API calls", event: "Events", storage_bytes: "Storage", order: "Orders" };
/** Not usage, but the record that a limit was reached. */
export const NOTES = "plan_limit_reached";
/** Meters that every store has, in display order. */
export const BUILT_IN = ["api_call", "event", "storage_bytes", "order"];

export const MEANINGS: Record<string, string> = {
  api_call: "Requests that the gateway accepted. A repeated request is one more.",
  event: "Events that were stored. Repeats and dead letters are none.",
  storage_bytes: "Bytes of the stored events, as they are encoded in Kafka.",
  order: "Orders that people placed, each once, whoever told of it.",
};

export function meterName(meter: string): string {
  return NAMES[meter] ?? readable(meter);
}

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 4 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** "7,842", "18.42m", "212 GB". Figures are decimal texts, converted to numbers only for display. */
export function formatQuantity(meter: string, value: number | null | undefined): string {
  if (value == null) return UNKNOWN;
  if (meter === "storage_bytes") return formatBytes(Math.round(value)).replace("-", "−");
  const text = Math.abs(value) < 1_000_000 ? whole.format(value) : short.format(value).toLowerCase();
  return text.replace("-", "−");
}

/** "+184", "−1", "0". */
export function formatSigned(meter: string, value: number): string {
  return value > 0 ? `+${formatQuantity(meter, value)}` : formatQuantity(meter, value);
}

/** The figure of a meter that its limits apply to. */
export function figureOf(used: Pick<MeterUsage, "count" | "sum" | "max" | "last"> | undefined, aggregation: Aggregation): number {
  return used ? Number(used[aggregation]) : 0;
}

/** "November 2026". */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`));
}
