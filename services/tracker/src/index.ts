/**
 * What `@storepulse/tracker` exports: `load` puts the gateway's script into the page, and
 * `storepulse` speaks to it. Calls before the script has come are kept; on a server both do nothing.
 */

import type { ConsentState } from "./module";

export type { ConsentState };

/** A line of an order. `price` is of one piece. */
export interface Item {
  product_id?: string | number;
  name?: string;
  quantity?: number;
  price?: string | number;
}

/** What activity events know; other fields are kept as properties. */
export interface Fields {
  product_id?: string | number;
  product_name?: string;
  search_query?: string;
  quantity?: number;
  value?: string | number;
  /** ISO 4217. */
  currency?: string;
  items?: Item[];
  [property: string]: unknown;
}

export interface Purchase extends Fields {
  /** The shop's number of the order: it makes every telling of it one purchase. */
  order_id: string | number;
}

export type ActivityType =
  | "page_view"
  | "product_view"
  | "add_to_cart"
  | "remove_from_cart"
  | "checkout_start"
  | "purchase"
  | "search";

export interface Storepulse {
  /** An activity type, or a name of your own. */
  track(name: ActivityType | (string & {}), fields?: Fields): void;
  /** A page view by hand. */
  page(fields?: Fields): void;
  identify(customer: { customer_id?: string | number; customer_email?: string }): void;
  purchase(purchase: Purchase): void;
  /** What is not named stays as it was. */
  consent(
    choice: "granted" | "denied" | { analytics?: ConsentState; marketing?: ConsentState },
  ): void;
}

declare global {
  interface Window {
    storepulse?: Storepulse;
  }
}

/** The script tag's attributes; `true` is one that is present. */
export interface Options {
  /** The gateway's address, such as `https://events.shop.example`. */
  host: string;
  store: string;
  key: string;
  domain?: string;
  consent?: "required";
  gpc?: boolean;
  dnt?: boolean;
  hash?: boolean;
  firstParty?: boolean;
  pixels?: boolean;
  heatmap?: boolean;
  vitals?: boolean;
  experiments?: boolean;
  maxY?: number;
  /** Of the page's Content-Security-Policy. */
  nonce?: string;
}

const NAMES = ["track", "page", "identify", "purchase", "consent"] as const;
type Stub = Storepulse & { q?: unknown[][] };

/** The page's `storepulse`, which keeps calls until the script has come. */
function stub(): Storepulse {
  const api = (window.storepulse ??= {} as Storepulse) as Stub;
  const queue = (api.q ??= []);
  for (const name of NAMES) {
    api[name] ??= (...values: unknown[]) => void queue.push([name, ...values]);
  }
  return api;
}

function call<Name extends keyof Storepulse>(name: Name): Storepulse[Name] {
  return ((...values: never[]) => {
    if (typeof window !== "undefined") (stub()[name] as (...given: never[]) => void)(...values);
  }) as Storepulse[Name];
}

/** Speaks to the tracker of the page, whichever way it was loaded. */
export const storepulse: Storepulse = {
  track: call("track"),
  page: call("page"),
  identify: call("identify"),
  purchase: call("purchase"),
  consent: call("consent"),
};

/** Puts the script into the page. A second call changes nothing. */
export function load({ host, nonce, ...options }: Options): void {
  if (typeof document === "undefined" || document.querySelector("script[data-key]")) return;
  stub();
  const script = document.createElement("script");
  script.src = `${host.replace(/\/+$/, "")}/tracker.js`;
  script.async = true;
  if (nonce) script.nonce = nonce;
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && value !== false) {
      script.dataset[name] = value === true ? "" : String(value);
    }
  }
  document.head.append(script);
}
