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
/** Meta's and Google's names, by ours; Google's is ours where it is left out. Tag Manager counts page
 * views by itself: theirs is empty. */
const NAMES: Record<string, string> = {
  page_view: "PageView ",
  add_to_cart: "AddToCart",
  product_view: "ViewContent view_item",
  checkout_start: "InitiateCheckout begin_checkout",
  purchase: "Purchase",
};

export const start: Start = ({ consent, hear }) => {
  const page = window as any;

  hear(({ name: event, id: event_id, fields }) => {
    const [meta, google = event] = // a custom event may be called `constructor`
      (consent().marketing === "granted" && NAMES[event]?.split?.(" ")) || [];
    if (!meta) return;
    const { order_id, value, currency, items: lines = [fields] } = fields;
    // One object and one list for both: each reads the names that it knows.
    const items = (lines as Fields[]).map(({ product_id, price, quantity }) => ({
      id: product_id,
      item_id: product_id,
      price,
      quantity,
    }));
    const sale = { transaction_id: order_id, value, currency, items, contents: items };
    const pixels = page.dataLayer ? ["google"] : [];
    let tries = MOST_TRIES;

    const attempt = (): unknown => {
      if (!page.fbq && tries--) return setTimeout(attempt, EVERY_MS);
      if (page.fbq) {
        page.fbq("track", meta, sale, { eventID: event_id });
        pixels.push("meta");
      }
      if (event === "purchase") {
        page.storepulse.track("pixels_called", { event, event_id, order_id, pixels });
      }
    };

    if (google) page.dataLayer?.push({ event: google, event_id, ecommerce: sale });
    attempt();
  });
};
