/** The cart: kept for the tab, and told to whoever shows it. */

import { useSyncExternalStore } from "react";
import { type Product, productOf } from "./catalogue";
import { centsOf } from "./money";

export interface Line {
  product: string;
  size: string;
  quantity: number;
  /** The try-on picture that the line was added from. */
  picture?: string;
}

const KEY = "shop.cart";
const listeners = new Set<() => void>();
let lines: readonly Line[] = read();

function read(): readonly Line[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((line) => productOf(line?.product)) : [];
  } catch {
    return []; // Where storage is blocked the cart lives as long as the page.
  }
}

function write(changed: readonly Line[]): void {
  lines = changed;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(lines));
  } catch {
    // As above.
  }
  for (const listener of listeners) listener();
}

export function addLine(product: Product, size: string, picture?: string): void {
  const same = (line: Line): boolean => line.product === product.id && line.size === size;
  const known = lines.find(same);
  if (known === undefined) {
    const line: Line = { product: product.id, size, quantity: 1 };
    write([...lines, picture === undefined ? line : { ...line, picture }]);
  } else {
    write(lines.map((line) => (same(line) ? { ...line, quantity: line.quantity + 1 } : line)));
  }
}

/** Sets a line's quantity; 0 takes the line out. */
export function setQuantity(at: number, quantity: number): void {
  write(
    lines.flatMap((line, index) =>
      index !== at ? [line] : quantity > 0 ? [{ ...line, quantity }] : [],
    ),
  );
}

export function emptyCart(): void {
  write([]);
}

export function useCart(): readonly Line[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => lines,
  );
}

/** What the cart costs, in cents. */
export function totalOf(cart: readonly Line[]): number {
  return cart.reduce(
    (sum, line) => sum + centsOf(productOf(line.product)?.price ?? "0") * line.quantity,
    0,
  );
}
