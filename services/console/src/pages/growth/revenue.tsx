/** Money in several currencies: the store's own first, the others beside it, never added. */

import { formatMoney, mainFirst } from "~/format/money";
import { UNKNOWN } from "~/format/numbers";

export interface Revenue {
  currency: string;
  revenue: string;
}

/** "€31,207.40", and "+ $4,118.00 · £962.50" for the others. */
export function revenueTexts(rows: readonly Revenue[], main: string | null): { main: string; others: string } {
  const sorted = mainFirst(
    rows.map((row) => ({ currency: row.currency, amount: row.revenue })),
    main,
  );
  const [first, ...rest] = sorted.map((row) => formatMoney(row.amount, row.currency || "without a currency"));
  return { main: first ?? UNKNOWN, others: rest.length ? `+ ${rest.join(" · ")}` : "" };
}

export function RevenueCell({ rows, main }: { rows: readonly Revenue[]; main: string | null }) {
  const text = revenueTexts(rows, main);
  return (
    <span className="block truncate" title={[text.main, text.others].filter(Boolean).join(" ")}>
      {rows.length === 0 ? <span className="text-ink3">none</span> : text.main}
      {text.others && <span className="ml-1 text-sm text-ink3">{text.others}</span>}
    </span>
  );
}

/** The amount in one currency as a float, for drawing only. */
export function amountOf(rows: readonly Revenue[] | undefined, currency: string | null): number {
  const row = rows?.find((one) => one.currency === currency);
  return row ? Number(row.revenue) : 0;
}
