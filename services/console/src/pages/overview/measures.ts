/** The five figures: their values, names and definitions, and what the chart draws. */

import { changeOf, formatCount, formatPercent, pointsOf } from "~/format/numbers";
import { formatMoney } from "~/format/money";
import { formatSeconds, zoneName } from "~/format/time";
import type { Definition } from "~/parts/definition";
import type { Figure } from "~/parts/figures";
import type { Overview, OverviewBucket, Totals } from "./queries";

export const MEASURES = ["visitors", "carts", "orders", "revenue", "conversion"] as const;
export type Measure = (typeof MEASURES)[number];

export const NAMES: Record<Measure, string> = {
  visitors: "Visitors",
  carts: "Carts",
  orders: "Orders",
  revenue: "Revenue",
  conversion: "Conversion",
};

/** The currency whose revenue is shown large: the store's own, else the one with the most sales. */
export function mainCurrency(overview: Overview, own: string | null): string | null {
  const { totals, comparison } = overview;
  const told = [...totals.revenue, ...(comparison?.totals.revenue ?? [])].map((one) => one.currency);
  return own !== null && told.includes(own) ? own : (told[0] ?? own);
}

function revenueOf(totals: Totals, currency: string | null): string | null {
  return totals.revenue.find((one) => one.currency === currency)?.revenue ?? null;
}

/** The value that the chart draws of a bucket. Money becomes a float here, for drawing only. */
export function drawnOf(measure: Measure, bucket: OverviewBucket, currency: string | null): number | null {
  if (measure === "conversion") return bucket.conversion;
  if (measure !== "revenue") return bucket[measure];
  return Number(bucket.revenue.find((one) => one.currency === currency)?.revenue ?? 0);
}

export function formatDrawn(measure: Measure, currency: string | null) {
  return (value: number | null): string => {
    if (measure === "conversion") return formatPercent(value, 2);
    if (measure !== "revenue" || value === null) return formatCount(value);
    return formatMoney(value.toFixed(2), currency);
  };
}

export interface Told {
  overview: Overview;
  currency: string | null;
  /** The request that returns them. */
  address: string;
  zone: string;
}

/** The figures of the strip. */
export function figuresOf(told: Told): Figure[] {
  const { totals, comparison } = told.overview;
  const before = comparison && hasAny(comparison.totals) ? comparison.totals : null;
  const counts = (["visitors", "carts", "orders"] as const).map((id) => ({
    id,
    name: NAMES[id],
    value: formatCount(totals[id]),
    change: changeOf(totals[id], before?.[id]),
    before: comparison ? before && formatCount(before[id]) : undefined,
    context: contextOf(id, told),
    definition: definitionOf(id, told),
  }));
  return [...counts, revenueFigure(told, before), conversionFigure(told, before)];
}

function revenueFigure(told: Told, before: Totals | null): Figure {
  const { currency, overview } = told;
  const [now, then] = [revenueOf(overview.totals, currency), before && (revenueOf(before, currency) ?? "0")];
  return {
    id: "revenue",
    name: NAMES.revenue,
    value: currency ? formatMoney(now ?? "0", currency) : formatCount(0),
    change: changeOf(Number(now ?? 0), then === null ? null : Number(then)),
    before: overview.comparison ? then && formatMoney(wholeOf(then), currency).replace(/\.00$/, "") : undefined,
    context: contextOf("revenue", told),
    definition: definitionOf("revenue", told),
  };
}

/** The amount without cents, because there is little space beside the current figure. */
function wholeOf(amount: string): string {
  return Number(amount).toFixed(0);
}

function conversionFigure(told: Told, before: Totals | null): Figure {
  const { totals, comparison } = told.overview;
  return {
    id: "conversion",
    name: NAMES.conversion,
    value: formatPercent(totals.conversion, 2),
    change: pointsOf(totals.conversion, before?.conversion, 2),
    before: comparison ? before && formatPercent(before.conversion, 2) : undefined,
    context: contextOf("conversion", told),
    definition: definitionOf("conversion", told),
  };
}

function hasAny(totals: Totals): boolean {
  return totals.visitors + totals.sessions + totals.carts + totals.orders + totals.purchases > 0;
}

function contextOf(measure: Measure, { overview, currency }: Told): string {
  const { totals } = overview;
  if (measure === "visitors") {
    const { new_visitors: fresh, returning_visitors: known } = totals;
    if (fresh === null) return `${formatCount(totals.sessions)} sessions`;
    return `${formatCount(fresh)} new · ${formatCount(known)} returning`;
  }
  if (measure === "carts") return `${formatCount(totals.carts_from_image)} from an image`;
  const main = totals.revenue.find((one) => one.currency === currency);
  if (measure === "orders") return main ? `${formatMoney(main.average, currency)} each, in ${currency || "no currency"}` : "none with an amount";
  if (measure === "revenue") {
    const others = totals.revenue.filter((one) => one.currency !== currency);
    return others.length ? `+ ${others.map((one) => formatMoney(one.revenue, one.currency)).join(" · ")}` : "no other currency";
  }
  return `${formatCount(totals.bought_sessions)} of ${formatCount(totals.viewed_sessions)} sessions`;
}

const WORDS: Record<Measure, Pick<Definition, "text" | "source" | "chapter">> = {
  visitors: {
    text: "People, each once in the whole period: by visitor id, else by session. Robots are none, and who came on two days is one.",
    source: "visitors_daily, visitors_hourly",
    chapter: "Visitors",
  },
  carts: {
    text: "Additions to carts, by events of the cart stream, without robots and duplicates. Additions that only the tracker told of are in the funnel.",
    source: "cart_hourly",
    chapter: "Carts",
  },
  orders: {
    text: "Orders that are paid or refunded, each once however often it was told, on the day on which it was placed.",
    source: "orders",
    chapter: "Orders and revenue",
  },
  revenue: {
    text: "Amounts of orders and of purchases without a number, less what was refunded. Currencies are never added.",
    source: "orders, and the hourly tables of revenue",
    chapter: "Orders and revenue",
  },
  conversion: {
    text: "Of the sessions that viewed a page, those that took every step up to a purchase. A session counts on the day on which it began.",
    source: "funnel_daily, sessions",
    chapter: "Funnel",
  },
};

function definitionOf(measure: Measure, told: Told): Definition {
  const at = formatSeconds(told.overview.as_of, told.zone);
  return {
    ...WORDS[measure],
    formula: formulaOf(measure, told),
    query: told.address,
    age: `read at ${at} ${zoneName(told.zone)}; late events still count`,
  };
}

function formulaOf(measure: Measure, { overview, currency }: Told): string {
  const { totals } = overview;
  const count = formatCount;
  if (measure === "visitors") {
    const { new_visitors: fresh, returning_visitors: known } = totals;
    return fresh === null ? `${count(totals.visitors)} distinct` : `${count(fresh)} new + ${count(known)} returning = ${count(totals.visitors)}`;
  }
  if (measure === "carts") {
    return `${count(totals.carts_from_image)} from an image + ${count(totals.carts - totals.carts_from_image)} without = ${count(totals.carts)}`;
  }
  if (measure === "orders") return `${count(totals.orders)} orders, and ${count(totals.purchases)} purchases without a number beside them`;
  if (measure === "conversion") {
    return `${count(totals.bought_sessions)} ÷ ${count(totals.viewed_sessions)} = ${formatPercent(totals.conversion, 2)}`;
  }
  const main = totals.revenue.find((one) => one.currency === currency);
  if (!main) return "nothing was sold";
  return `${formatMoney(main.revenue, currency)} ÷ ${count(main.sales)} sales = ${formatMoney(main.average, currency)} each`;
}
