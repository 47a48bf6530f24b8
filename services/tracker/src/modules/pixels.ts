/**
 * Tells Google's data layer and Meta's pixel of what the core tells, with the same ids, so that each
 * counts an event of the browser and its copy from the server once. Only where marketing is granted.
 *
 * What stands in the data layer Google reads when it comes. Meta's pixel is waited for, five seconds
 * at most. Then `pixels_called` says of a purchase which of them were there and called.
 */

import type { Fields, Start } from "../module";

const EVERY_MS = 100;
const MOST_TRIES = 50;
/** Meta's and Google's names, by ours. Tag Manager counts page views by itself. */
const NAMES: Record<string, string> = {
  page_view: "PageView",
  product_view: "ViewContent view_item",
  add_to_cart: "AddToCart add_to_cart",
  checkout_start: "InitiateCheckout begin_checkout",
  purchase: "Purchase purchase",
};

export const start: Start = ({ consent, hear }) => {
  const page = window as any;

  hear(({ name: event, id: event_id, fields }) => {
    const [meta, google] = (consent().marketing === "granted" && NAMES[event]?.split(" ")) || [];
    if (!meta) return;
    const { value, currency, order_id } = fields;
    const lines = (fields.items ?? [fields]) as Fields[];
    // One object and one list for both: each reads the names that it knows.
    const items = lines.map((line) => ({
      id: line.product_id,
      item_id: line.product_id,
      price: line.price,
      quantity: line.quantity,
    }));
    const sale = { value, currency, transaction_id: order_id, items, contents: items };
    const pixels = page.dataLayer ? ["google"] : [];

    const attempt = (tries: number) => {
      if (!page.fbq && tries) return void setTimeout(attempt, EVERY_MS, tries - 1);
      if (page.fbq) pixels.push("meta");
      page.fbq?.("track", meta, sale, { eventID: event_id });
      if (event === "purchase") page.storepulse.track("pixels_called", { event, event_id, order_id, pixels });
    };

    if (google) (page.dataLayer ??= []).push({ event: google, event_id, ecommerce: sale });
    attempt(MOST_TRIES);
  });
};
