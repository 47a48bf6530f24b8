/** Who the visitor is, by the tracker's cookies, and what is kept where there is no tracker yet. */

import type { ConsentAnswer } from "./types";

const VISITOR_SECONDS = 400 * 86_400;
/** What the tracker takes for an id. */
const IS_ID = /^[\w-]{1,128}$/;
let inMemory: string | undefined;

/** An id or a consent in the text of cookies, by its name; undefined where there is none. */
export function cookieIn(cookies: string, name: string): string | undefined {
  return cookies.match(`(?:^|; *)${name}=([\\w-]{1,128})(?:;|$)`)?.[1];
}

/** A new id, a UUIDv7; undefined where the page is not served securely. */
export function newId(now = Date.now()): string | undefined {
  const random = globalThis.crypto?.randomUUID?.();
  if (!random) return undefined;
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}

/** The visitor's id as the page has it; undefined where it has none. */
export function knownVisitor(): string | undefined {
  return cookieIn(readCookies(), "sp_visitor") ?? inMemory;
}

export function knownSession(): string | undefined {
  return cookieIn(readCookies(), "sp_session");
}

/** The visitor's answer as the tracker keeps it; null where there is none. */
export function knownConsent(): ConsentAnswer | null {
  return consentIn(readCookies());
}

/** The same in the text of cookies. */
export function consentIn(cookies: string): ConsentAnswer | null {
  const analytics = cookieIn(cookies, "sp_consent")?.[0];
  return analytics === "g" ? "granted" : analytics === "d" ? "denied" : null;
}

/** Keeps a visitor's id for the next page, where cookies are taken, and for this page anyway. */
export function keepVisitor(visitorId: string | undefined): void {
  if (!visitorId || knownVisitor() || !IS_ID.test(visitorId)) return;
  inMemory = visitorId;
  try {
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `sp_visitor=${visitorId};path=/;max-age=${VISITOR_SECONDS};samesite=lax${secure}`;
  } catch {
    // Kept in memory alone.
  }
}

function readCookies(): string {
  try {
    return document.cookie;
  } catch {
    return "";
  }
}

/** The parameters of the campaign that began the visit, kept as the tracker keeps them. */
export function campaignOfVisit(): Record<string, string> {
  const campaign = location.search.match(/utm_[a-z0-9_]+=[^&]*/g)?.join("&");
  try {
    if (campaign) sessionStorage.setItem("sp.utm", campaign);
    return Object.fromEntries(new URLSearchParams(campaign ?? sessionStorage.getItem("sp.utm") ?? ""));
  } catch {
    return Object.fromEntries(new URLSearchParams(campaign));
  }
}
