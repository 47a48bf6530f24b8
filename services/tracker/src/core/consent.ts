/**
 * What the visitor allows. The cookie is read each time: another tab may have changed it, and a page
 * that comes back by the Back button may be behind.
 */

import type { Consent, ConsentState } from "../module";
import { settings } from "./config";
import { readCookie, writeCookie } from "./cookies";

const COOKIE = "sp_consent";
const DAYS = 400;
const STATES: Record<string, ConsentState> = { g: "granted", d: "denied" };

export type Choice = "granted" | "denied" | Partial<Consent>;

/** A privacy signal of the browser stands above what was chosen, where the tag obeys it. */
export function consent(): Consent {
  const letters = readCookie(COOKIE) ?? "";
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & {
    globalPrivacyControl?: boolean;
  };
  const untracked = "dnt" in settings && doNotTrack === "1";
  const unsold = untracked || ("gpc" in settings && globalPrivacyControl);
  return {
    analytics: untracked ? "denied" : (STATES[letters[0]!] ?? "unknown"),
    marketing: unsold ? "denied" : (STATES[letters[1]!] ?? "unknown"),
  };
}

/** Keeps a choice. What it does not name stays as it was. */
export function choose(choice: Choice): void {
  const before = consent();
  const { analytics, marketing } =
    typeof choice === "string" ? { analytics: choice, marketing: choice } : { ...before, ...choice };
  writeCookie(COOKIE, analytics[0]! + marketing[0], DAYS);
}

export function isDenied(): boolean {
  return consent().analytics === "denied";
}

/** Whether something may be sent and stored. */
export function isAllowed(): boolean {
  const { analytics } = consent();
  return analytics === "granted" || (analytics === "unknown" && settings.consent !== "required");
}
