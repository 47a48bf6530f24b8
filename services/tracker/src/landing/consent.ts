/** What the visitor allows: two letters of a cookie, read each time, since other tabs write it too. */

import type { Consent, ConsentState } from "../module";
import { readCookie, writeCookie } from "./cookies";
import { settings } from "./settings";

export type Choice = "granted" | "denied" | Partial<Consent>;

const DAYS = 400;
const STATES: Record<string, ConsentState> = { g: "granted", d: "denied" };

export function readConsent(): Consent {
  const letters = readCookie("sp_consent") ?? "";
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & {
    globalPrivacyControl?: boolean;
  };
  const isUntracked = settings.dnt && doNotTrack === "1";
  const isUnsold = isUntracked || (settings.gpc && globalPrivacyControl);
  return {
    analytics: isUntracked ? "denied" : (STATES[letters[0]!] ?? "unknown"),
    marketing: isUnsold ? "denied" : (STATES[letters[1]!] ?? "unknown"),
  };
}

/** Keeps a choice; what it does not name stays as it was. */
export function writeConsent(choice: Choice): void {
  const { analytics, marketing } =
    typeof choice === "string"
      ? { analytics: choice, marketing: choice }
      : { ...readConsent(), ...choice };
  const letter = (state: ConsentState) => (state in { granted: 1, denied: 1 } ? state[0] : "u");
  writeCookie("sp_consent", `${letter(analytics)}${letter(marketing)}`, DAYS);
}
