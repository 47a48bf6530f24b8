/**
 * What is known of a visit in the browser, and whether a test is for it, by the gateway's rules
 * (domain/experiments/targeting.py): what a test asks for and nobody knows is not met. A browser
 * does not know its country, so tests for some countries are drawn by the gateway alone.
 */

import type { Targeting } from "./active";

export type Device = "mobile" | "tablet" | "desktop";

export interface Visit {
  page_type?: string | undefined;
  slug?: string | undefined;
  device: Device;
  /** Unknown where the visitor is. */
  visitor?: "new" | "returning" | undefined;
  /** The query of the address that began the visit, with its `?`. */
  query: string;
}

/** The device of a user agent, as the gateway tells it (domain/clients.py). */
export function deviceOf(agent: string): Device {
  if (/iPad|Tablet|Silk\/|PlayBook|Android(?!.*\bMobile\b)/.test(agent)) return "tablet";
  return /Mobi|iPhone|iPod|Android|Opera Mini|IEMobile/.test(agent) ? "mobile" : "desktop";
}

/** Whether a program drives this browser, or its user agent names one. */
export function isRobot(): boolean {
  return navigator.webdriver || /bot|crawl|spider|headless/i.test(navigator.userAgent);
}

/**
 * Whether the visitor is in the first session, by the moments that are in both ids (UUIDv7, to
 * about a minute): the answer is the same as long as the session lasts.
 */
export function visitorOf(visitorId: string | null | undefined, sessionId: string) {
  if (!visitorId) return undefined;
  return visitorId.slice(0, 8) === sessionId.slice(0, 8) ? "new" : "returning";
}

/** Whether a test is for a visit. */
export function isFor(targeting: Targeting, visit: Visit): boolean {
  const takes = (list: string[], value: string | null | undefined) =>
    !list.length || list.includes(value!);
  const query = new URLSearchParams(visit.query);
  return (
    takes(targeting.page_types, visit.page_type) &&
    takes(targeting.slugs, visit.slug) &&
    takes(targeting.devices, visit.device) &&
    takes(targeting.countries, null) &&
    (targeting.visitors === "all" || targeting.visitors === visit.visitor) &&
    Object.entries(targeting.utm).every(([name, list]) => takes(list, query.get(`utm_${name}`)))
  );
}
