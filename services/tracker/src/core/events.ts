/** What happens on the page, as activity events. */

import type { Fields, Told } from "../module";
import { settings } from "./config";
import { isDenied } from "./consent";
import { newId, snake } from "./ids";
import { add } from "./queue";
import { safe } from "./safe";
import { visitorFields } from "./visitor";

const LONGEST_URL = 2_048;
const MOST_TOLD = 100;
const TYPES =
  "page_view product_view add_to_cart remove_from_cart checkout_start purchase search".split(" ");
/** What templates print where an order has no number. */
const NO_ORDER = /^\W*(0|null|none|nan|undefined)?\W*$/i;

let viewId = "";
let customer: Fields = {};
let past: Told[] = [];
const listeners: ((told: Told) => void)[] = [];

/** The page's address. Its fragment counts where the shop's routes are fragments. */
export function pageUrl(): string {
  const { href } = location;
  return ("hash" in settings ? href : href.split("#")[0]!).slice(0, LONGEST_URL);
}

function pageFields(): Fields {
  return { page_url: pageUrl(), view_id: viewId };
}

/** What each event of this moment says. */
export function context(): Fields {
  return { ...visitorFields(), ...pageFields() };
}

/**
 * Tells of something. A name that is no activity type makes a custom event, whose fields are its
 * properties.
 */
export function track(name: string, given: Fields = {}): void {
  if (isDenied()) return forgetTold();
  const fields: Fields = JSON.parse(JSON.stringify(given));
  const type = TYPES.find((known) => known === snake(name));
  const order = `${fields.order_id ?? ""}`.trim();
  const isOrder = type === "purchase" && !NO_ORDER.test(order);
  const id = isOrder ? `purchase:${order}` : newId();
  if (fields.quantity) fields.quantity = Number(fields.quantity);
  add(
    "activity",
    {
      ...customer,
      ...(type ? fields : { metadata: fields, name }),
      ...pageFields(),
      activity_type: type ?? "custom",
      [isOrder ? "idempotency_key" : "event_id"]: id,
    },
    /cart|checkout|purchase/.test(type ?? ""),
  );
  const told = { name: type ?? name, id, fields };
  if (past.length < MOST_TOLD) past.push(told);
  for (const listener of listeners) listener(told);
}

/** What was told before a denial is no module's business after it. */
export function forgetTold(): void {
  past = [];
}

/** Tells of a new view of the page. */
export function view(referrer?: string, fields?: Fields): void {
  viewId = newId();
  track("page_view", { referrer, title: document.title, ...fields });
}

/** The customer is known from here on, and told at once. */
export function identify({ customer_id, customer_email }: Fields): void {
  customer = { customer_id, customer_email };
  track("identify");
}

export function hear(listener: (told: Told) => void): void {
  past.forEach(safe(listener));
  listeners.push(safe(listener));
}
