/** What happens on the page, as activity events. */

import type { Fields } from "../module";
import { settings } from "./config";
import { isAllowed, isDenied } from "./consent";
import { newId } from "./ids";
import { add, MONEY } from "./queue";
import { tell } from "./told";
import { visitorFields } from "./visitor";

/** Before the token for the overlay, in a fragment. */
export const OVERLAY = /[#&]storepulse_overlay=/;
const LONGEST_URL = 2_048;
const TYPE = /^((page|product)_view|(add_to|remove_from)_cart|checkout_start|purchase|search)$/;
/** What templates print where an order has no number. */
const NO_ORDER = /^(#|0|null|none|undefined|)$/i;

let viewId = "";
let customer: Fields = {};

/**
 * The page's address. Its fragment counts where the shop's routes are fragments, without the token
 * that opens the overlay.
 */
export function pageUrl(): string {
  const [url] = location.href.split("hash" in settings ? OVERLAY : "#");
  return url!.slice(0, LONGEST_URL);
}

/** What each event of this moment says. Until it is allowed, nothing of the visitor. */
export function context(): Fields {
  return { ...(isAllowed() && visitorFields()), page_url: pageUrl(), view_id: viewId };
}

/**
 * Tells of something. A name that is no activity type makes a custom event, whose fields are its
 * properties.
 */
export function track(name: string, given: Fields = {}): void {
  if (isDenied()) return;
  const fields: Fields = JSON.parse(JSON.stringify(given));
  const isKnown = TYPE.test(name);
  const order = `${fields.order_id}`.trim();
  const isOrder = name === "purchase" && !NO_ORDER.test(order);
  const id = isOrder ? `purchase:${order}` : newId();
  fields.quantity &&= +(fields.quantity as number); // attributes are text
  add(
    "activity",
    {
      ...customer,
      ...(isKnown ? fields : { metadata: fields, name }),
      ...context(),
      activity_type: isKnown ? name : "custom",
      [isOrder ? "idempotency_key" : "event_id"]: id,
    },
    MONEY.test(name),
  );
  tell({ name, id, fields });
}

/** Tells of a new view of the page. */
export function view(fields?: Fields): void {
  viewId = newId();
  track("page_view", { title: document.title, ...fields });
}

/** The customer is known from here on, and told at once. */
export function identify({ customer_id, customer_email }: Fields): void {
  customer = { customer_id, customer_email };
  track("identify");
}
