/** What happens on the page, as activity events. */

import type { Fields } from "../module";
import { settings } from "./config";
import { isAllowed, isDenied } from "./consent";
import { newId } from "./ids";
import { add, MONEY } from "./queue";
import { tell } from "./told";
import { visitorFields } from "./visitor";

const LONGEST_URL = 2_048;
const TYPE = /^((page|product)_view|(add_to|remove_from)_cart|checkout_start|purchase|search)$/;
/** What templates print where an order has no number. */
const NO_ORDER = /^(#|0|null|none|undefined|)$/i;

let viewId = "";
let customer: Fields = {};

/** The page's address. Its fragment counts where the shop's routes are fragments. */
export function pageUrl(): string {
  const { href } = location;
  return ("hash" in settings ? href : href.split("#")[0]!).slice(0, LONGEST_URL);
}

function pageFields(): Fields {
  return { page_url: pageUrl(), view_id: viewId };
}

/** What each event of this moment says; nothing where nothing may be said. */
export function context(): Fields {
  return isAllowed() ? { ...visitorFields(), ...pageFields() } : {};
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
      ...pageFields(),
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
