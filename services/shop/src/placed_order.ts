/** The order that was placed last in this tab, so that its page can be loaded again. */

import type { Line } from "./cart";

export interface PlacedOrder {
  id: string;
  lines: readonly Line[];
  cents: number;
}

const KEY = "shop.order";
let kept: PlacedOrder | undefined;

export function rememberOrder(order: PlacedOrder): void {
  kept = order;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(order));
  } catch {
    // Where storage is blocked the page knows it until it is loaded again.
  }
}

export function placedOrder(id: string): PlacedOrder | undefined {
  try {
    kept ??= JSON.parse(sessionStorage.getItem(KEY) ?? "null") ?? undefined;
  } catch {
    // As above.
  }
  return kept?.id === id ? kept : undefined;
}
