/** Sums of money in cents, since decimals of a float are not what they say. */

import { CURRENCY } from "./catalogue";

/** The cents of a decimal text such as "89.00". */
export function centsOf(price: string): number {
  const [whole = "0", rest = ""] = price.split(".");
  return Number(whole) * 100 + Number(rest.padEnd(2, "0").slice(0, 2));
}

/** Cents as the decimal text that events carry. */
export function decimalOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

const words = new Intl.NumberFormat(undefined, { style: "currency", currency: CURRENCY });

/** Cents as people read them. */
export function shown(cents: number): string {
  return words.format(cents / 100);
}
