/** What the shop tells Storepulse, as any shop would: by calls of `window.storepulse`. */

import { setup } from "./backend";
import type { Line } from "./cart";
import { CURRENCY, type Product, productOf } from "./catalogue";
import { centsOf, decimalOf } from "./money";

type Fields = Record<string, unknown>;

/** The calls that the shop makes; the tracker takes over the queue when it comes. */
interface Storepulse {
  track(name: string, fields?: Fields): void;
  purchase(fields: Fields): void;
  identify(fields: Fields): void;
  consent(choice: "granted" | "denied"): void;
}

declare global {
  interface Window {
    storepulse?: Storepulse;
  }
}

export function tellView(product: Product): void {
  window.storepulse?.track("product_view", { ...fieldsOf(product) });
}

export function tellSearch(query: string): void {
  window.storepulse?.track("search", { search_query: query });
}

/** Tells the cart path, too, which joins a cart with the picture that it came from. */
export function tellCart(product: Product, picture?: string): void {
  if (!/(?:^|; )sp_consent=g/.test(document.cookie)) return;
  const session = /(?:^|; )sp_session=([^;]+)/.exec(document.cookie)?.[1];
  const body = {
    storeName: setup.store,
    key: setup.key,
    productId: product.id,
    productTitle: product.name,
    productUrl: location.href,
    generatedImageUrl: picture,
    sessionId: session,
    idempotencyKey: crypto.randomUUID(),
  };
  void fetch(`${setup.gateway}/api/cart-tracking/track`, {
    method: "POST",
    keepalive: true,
    body: JSON.stringify(body),
  }).catch(() => undefined); // A shop sells although nothing counts it.
}

export function tellRemoval(line: Line): void {
  const product = productOf(line.product);
  if (product) {
    window.storepulse?.track("remove_from_cart", { ...fieldsOf(product), quantity: line.quantity });
  }
}

export function tellCheckout(cents: number): void {
  window.storepulse?.track("checkout_start", { value: decimalOf(cents), currency: CURRENCY });
}

export function tellPurchase(order: string, cart: readonly Line[], cents: number): void {
  window.storepulse?.purchase({
    order_id: order,
    value: decimalOf(cents),
    currency: CURRENCY,
    items: cart.map((line) => ({
      product_id: line.product,
      quantity: line.quantity,
      price: productOf(line.product)?.price ?? "0.00",
    })),
  });
}

export function tellConsent(choice: "granted" | "denied"): void {
  window.storepulse?.consent(choice);
}

function fieldsOf(product: Product): Fields {
  return {
    product_id: product.id,
    product_name: product.name,
    value: decimalOf(centsOf(product.price)),
    currency: CURRENCY,
  };
}
