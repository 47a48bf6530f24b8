/** Facebook's pixel and Google's data layer hear of each event by the id that the gateway gets. */

import { readConsent } from "./consent";
import { safe } from "../core/safe";
import type { Told } from "./told";

type Vendors = Window & {
  fbq?: (...values: unknown[]) => void;
  dataLayer?: unknown[];
};

const NAMES = { PageView: "page_view", AddToCart: "add_to_cart", Purchase: "purchase" };

/** Events that the pixel may not hear of yet. */
let waiting: Told[] = [];

/** The data layer's tags obey its own consent; the pixel hears of events once marketing is granted. */
export function tellVendors(told: Told): void {
  const { event_type, event_data, id } = told;
  safe(() =>
    (window as Vendors).dataLayer?.push({
      event: NAMES[event_type],
      event_id: id,
      ...event_data,
      ...(event_data.order_id ? { transaction_id: event_data.order_id } : {}),
    }),
  )();
  waiting.push(told);
  tellPixel();
}

export function tellPixel(): void {
  const { fbq } = window as Vendors;
  if (!fbq || readConsent().marketing !== "granted") return;
  const ready = waiting;
  waiting = [];
  for (const { event_type, event_data, id } of ready) {
    safe(fbq)("track", event_type, event_data, { eventID: id });
  }
}

export function forgetWaiting(): void {
  waiting = [];
}
