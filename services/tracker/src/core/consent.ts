/**
 * What the visitor allows. The cookie is read each time: another tab may have changed it, and a page
 * that comes back by the Back button may be behind.
 */

import type { Consent, ConsentState } from "../module";
import { settings } from "./config";
import { readCookie, writeCookie } from "./cookies";

const COOKIE = "sp_consent";
const DAYS = 400;
const STATES: Record<string, ConsentState> = { g: "granted", d: "denied", u: "unknown" };

export type Choice = "granted" | "denied" | Partial<Consent>;

/** A privacy signal of the browser stands above what was chosen, where the tag obeys it. */
export function consent(): Consent {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & {
    globalPrivacyControl?: boolean;
  };
  const isUntracked = "dnt" in settings && doNotTrack === "1";
  const [analytics, marketing] = isUntracked ? "dd" : readCookie(COOKIE) || "uu";
  return {
    analytics: STATES[analytics!]!,
    marketing: STATES["gpc" in settings && globalPrivacyControl ? "d" : marketing!]!,
  };
}

/** Keeps a choice. What it does not name stays as it was. */
export function choose(choice: Choice): void {
  const { analytics, marketing } =
    typeof choice === "string"
      ? { analytics: choice, marketing: choice }
      : { ...consent(), ...choice };
  writeCookie(COOKIE, analytics[0]! + marketing[0], DAYS);
}

export function isDenied(): boolean {
  return consent().analytics === "denied";
}

/** Whether something may be sent and stored. */
export function isAllowed(): boolean {
  return "consent" in settings ? consent().analytics === "granted" : !isDenied();
}
