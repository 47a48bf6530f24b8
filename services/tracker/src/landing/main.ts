/**
 * The script of a landing page: views, clicks on calls to action, purchases. It starts once, however
 * often it stands on the page, and whatever fails in it stays in it.
 */

import { newId } from "../core/ids";
import { on, safe } from "../core/safe";
import { type Choice, readConsent, writeConsent } from "./consent";
import { forgetIds, readIds } from "./cookies";
import { emptyQueue, send, sendKept, startQueue, storage } from "./queue";
import { settings } from "./settings";
import type { Told } from "./told";
import { forgetWaiting, tellPixel, tellVendors } from "./vendors";

interface Purchase {
  value?: unknown;
  currency?: unknown;
  order_id?: unknown;
  timestamp?: unknown;
}

interface Api {
  isStarted?: boolean;
  /** Purchases told before the script was there. */
  q?: Purchase[];
  trackPurchase?: (purchase: Purchase) => void;
  consent?: (choice: Choice) => void;
}

const MOST_HELD = 500;
const MOST_ORDERS = 50;
const LONGEST_ID = 255;
const LONGEST_URL = 2048;
const ORDERS = "sp.orders";
const CALLS_TO_ACTION = '.cta-button,[data-cta="true"]';

const held: Told[] = [];
let view = "";

/** What is told while consent is awaited stays in memory. */
function hear(told: Told): void {
  const { analytics } = readConsent();
  if (analytics === "denied") return;
  if (analytics === "unknown" && settings.held) {
    if (held.length < MOST_HELD) held.push(told);
    return;
  }
  const { event_type, event_data, id, timestamp } = told;
  const isOrder = id.startsWith("purchase:");
  const body = {
    event_type,
    landing_page_id: settings.page,
    campaign_id: settings.campaign,
    store_id: settings.store,
    key: settings.key,
    ...readIds(),
    view_id: view,
    [isOrder ? "idempotency_key" : "event_id"]: id,
    timestamp,
    event_data,
    screen_resolution: `${screen.width}x${screen.height}`,
    consent: readConsent(),
    source: "tracker",
    metadata: {
      page_url: location.href.slice(0, LONGEST_URL),
      referrer: document.referrer.slice(0, LONGEST_URL),
    },
  };
  send(JSON.stringify(body), event_type === "Purchase");
  tellVendors(told);
}

function track(event_type: Told["event_type"], event_data: Told["event_data"] = {}): void {
  hear({ event_type, event_data, id: newId(), timestamp: Date.now() });
}

function startView(): void {
  view = newId();
  track("PageView");
}

function hearClick(event: Event): void {
  const button = event
    .composedPath()
    .find((node): node is HTMLElement => node instanceof Element && node.matches(CALLS_TO_ACTION));
  if (!button) return;
  const { productId, productName, value, currency, quantity } = button.dataset;
  track("AddToCart", {
    product_id: productId,
    product_name: productName,
    value: value && Number(value),
    currency,
    quantity: quantity && Number(quantity),
  });
}

/** Whether an order was not told yet in this browser. */
function isNewOrder(order: string): boolean {
  let told: unknown;
  safe(() => (told = JSON.parse(storage[ORDERS] ?? "[]")))();
  const orders = Array.isArray(told) ? told : [];
  if (orders.includes(order)) return false;
  safe(() => (storage[ORDERS] = JSON.stringify([...orders, order].slice(-MOST_ORDERS))))();
  return true;
}

function trackPurchase(purchase: Purchase): void {
  const { analytics } = readConsent();
  if (analytics === "denied") return;
  const { value, currency, order_id, timestamp } = JSON.parse(JSON.stringify(purchase)) as Purchase;
  const order = String(order_id ?? "").trim();
  const key = `purchase:${order}`;
  const hasKey = order !== "" && key.length <= LONGEST_ID;
  // While consent is awaited nothing may be stored, so an order is remembered when it is sent.
  if (analytics === "unknown" && settings.held) {
    if (hasKey && held.some(({ id }) => id === key)) return;
  } else if (hasKey && !isNewOrder(order)) {
    return;
  }
  hear({
    event_type: "Purchase",
    event_data: { value, currency, order_id: order || undefined },
    id: hasKey ? key : newId(),
    timestamp: timestamp ?? Date.now(),
  });
}

function consent(choice: Choice): void {
  writeConsent(choice);
  const { analytics } = readConsent();
  if (analytics === "denied") {
    held.length = 0;
    forgetWaiting();
    emptyQueue();
    forgetIds();
    delete storage[ORDERS];
  } else if (analytics === "granted") {
    for (const told of held.splice(0)) {
      const order = told.event_data.order_id;
      if (typeof order !== "string" || isNewOrder(order)) hear(told);
    }
    sendKept();
  }
  dispatchEvent(new Event("sp:consent"));
  tellPixel();
}

function start(): void {
  if (readConsent().analytics !== "denied") startQueue();
  else emptyQueue();
  startView();
  on(document, "click", hearClick);
  on<PageTransitionEvent>(window, "pageshow", (event) => event.persisted && startView());
}

safe(() => {
  const page = window as Window & { AAE_TRACKING?: Api };
  const api = (page.AAE_TRACKING ??= {});
  if (api.isStarted) return;
  api.isStarted = true;
  const isSecure = isSecureContext && location.protocol.startsWith("http");
  const nothing = () => {};
  api.consent = isSecure ? safe(consent) : nothing;
  api.trackPurchase = isSecure ? safe(trackPurchase) : nothing;
  if (!isSecure) return;
  const begin = safe(() => {
    start();
    for (const purchase of api.q ?? []) api.trackPurchase?.(purchase);
    delete api.q;
  });
  const { prerendering } = document as Document & { prerendering?: boolean };
  if (prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
})();
