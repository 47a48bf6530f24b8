/** Money: decimal strings with a currency. They are formatted as they are, and never added here. */

import { LOCALE, UNKNOWN } from "./numbers";

export interface Money {
  currency: string;
  amount: string;
}

const formats = new Map<string, Intl.NumberFormat | null>();

/** "€1,204.50". The string is passed to Intl directly, so that no digit is lost in a float. */
export function formatMoney(amount: string | null | undefined, currency: string | null | undefined): string {
  if (amount == null) return UNKNOWN;
  const format = currency ? formatOf(currency) : null;
  if (!format) return `${amount.replace(/(\.\d\d)0+$/, "$1")} ${currency ?? ""}`.trim();
  return format.format(amount as unknown as number).replace("-", "−");
}

function formatOf(currency: string): Intl.NumberFormat | null {
  const known = formats.get(currency);
  if (known !== undefined) return known;
  let format: Intl.NumberFormat | null = null;
  try {
    format = new Intl.NumberFormat(LOCALE, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  } catch {
    // Intl does not know the code: show the amount as it came, beside the code.
  }
  formats.set(currency, format);
  return format;
}

/** The store's main currency first, then the others by amount. */
export function mainFirst<Row extends Money>(rows: readonly Row[], main: string | null): Row[] {
  return [...rows].sort((a, b) => {
    if ((a.currency === main) !== (b.currency === main)) return a.currency === main ? -1 : 1;
    return Number(b.amount) - Number(a.amount);
  });
}
