/** What is wrong, in sentences, each with its cure. Values in, values out. */

import type { Consent } from "../module";
import type { Cause, Exchange } from "./exchange";

/** What the panel knows of the page at a moment. */
export interface View {
  store?: string;
  key?: string;
  origin: string;
  host: string;
  tags: number;
  isSecure: boolean;
  consent: Consent;
  /** Attributes of the tag that are there. */
  has: { consent: boolean; gpc: boolean; dnt: boolean; pixels: boolean };
  signals: { gpc: boolean; dnt: boolean };
  hasCookie: boolean;
  exchanges: Exchange[];
  /** Of the page's policy: the directive and what it blocked. */
  violations: [directive: string, blocked: string][];
}

export interface Problem {
  code: string;
  text: string;
  cure: string;
}

/** More than this is corrected by the gateway. */
const CLOCK_MS = 5 * 60_000;

export function judge(view: View): Problem[] {
  const found: Problem[] = [];
  const tell = (code: string, text: string, cure: string) => {
    if (!found.some((one) => one.code === code)) found.push({ code, text, cure });
  };
  judgePage(view, tell);
  judgeConsent(view, tell);
  for (const [directive, blocked] of view.violations) {
    tell(
      "csp",
      `The page's Content Security Policy blocked ${blocked}: ${directive}.`,
      `Add ${new URL(view.host).origin} to ${directive}, or give the tag the page's nonce.`,
    );
  }
  for (const exchange of view.exchanges) judgeExchange(exchange, view, tell);
  return found;
}

type Tell = (code: string, text: string, cure: string) => void;

function judgePage(view: View, tell: Tell): void {
  if (!view.isSecure) {
    tell("insecure", "The page is no secure one, so the tracker is silent.", "Serve the shop over https.");
  }
  if (!view.key) {
    tell("no_key", "The tag has no data-key.", "Set data-key to a publishable key: storepulse keys create makes one.");
  }
  if (!view.store) {
    tell("no_store", "The tag has no data-store.", "Set data-store to the store's id: storepulse stores ls shows it.");
  }
  if (view.tags > 1) {
    tell(
      "tag_twice",
      `The tag stands ${view.tags} times on the page; the first one counts.`,
      "Remove the others. Often the theme has one and a tag manager another.",
    );
  }
  if (!view.hasCookie && view.exchanges.some((one) => one.status === 202)) {
    tell(
      "no_cookie",
      "The browser keeps no cookie of the tracker, so each page is a new visitor.",
      "Look whether cookies are blocked, whether the page is in a frame of another site, and whether data-domain is right.",
    );
  }
}

function judgeConsent({ consent, has, signals }: View, tell: Tell): void {
  const { analytics, marketing } = consent;
  if (has.dnt && signals.dnt) {
    tell("dnt", "The browser says Do Not Track, and the tag has data-dnt: nothing is sent.", "That is as the tag says. To test, switch the signal off.");
  } else if (analytics === "denied") {
    tell("denied", "The visitor denied analytics: nothing is sent or stored.", 'That is as it must be. To test, call storepulse.consent("granted").');
  } else if (has.consent && analytics === "unknown") {
    tell(
      "pending",
      "Events wait until the visitor consents, because the tag has data-consent.",
      'Let the consent banner call storepulse.consent("granted") or storepulse.consent("denied").',
    );
  }
  if (has.gpc && signals.gpc) {
    tell("gpc", "The browser says Global Privacy Control, and the tag has data-gpc: marketing is denied.", "That is as the tag says. To test, switch the signal off.");
  } else if (has.pixels && marketing !== "granted" && analytics !== "denied") {
    tell("pixels", `Pixels are not called: consent to marketing is ${marketing}.`, "Let the consent banner say marketing, too.");
  }
}

const CAUSES: Record<Cause, (view: View) => [text: string, cure: string]> = {
  offline: () => ["The browser is offline: events are kept and go out later.", "Connect again."],
  origin: ({ origin }) => [
    `The gateway does not let pages of ${origin} send with this key (403).`,
    `Make a key for it: storepulse keys create --origin ${origin}`,
  ],
  blocked: () => [
    "Something in this browser stops the requests: mostly an ad blocker.",
    "Serve the gateway under a name of the shop's own site, and with a path prefix, by data-host.",
  ],
  unreachable: ({ host }) => [
    `The gateway does not answer at ${host}: events are kept and go out later.`,
    "Look whether it runs, and whether the address, its name and its certificate are right.",
  ],
};

function judgeExchange(exchange: Exchange, view: View, tell: Tell): void {
  const { status, cause, code, message = "", retryAfter, ahead, via, isOut } = exchange;
  // A policy that blocks a request says so itself.
  if (cause && !view.violations.length) tell(cause, ...CAUSES[cause](view));
  if (via === "beacon" && isOut === false) {
    tell("beacon", "A beacon did not leave the browser, though it was taken: mostly an ad blocker stops those.", CAUSES.blocked(view)[1]);
  }
  if (ahead !== undefined && Math.abs(ahead) > CLOCK_MS) {
    const minutes = Math.round(Math.abs(ahead) / 60_000);
    const way = ahead > 0 ? "ahead" : "behind";
    tell("clock", `This device's clock is ${minutes} minutes ${way}. The gateway corrects the times of events.`, "Nothing: it is this device's alone.");
  }
  judgeStatus(status ?? 0, code, message, retryAfter, view, tell);
  const refused = exchange.events.find((event) => event.outcome === "refused");
  if (refused && ![401, 403].includes(status ?? 0) && code !== "OTHER_STORE") {
    tell("refused", `The gateway refused ${refused.name}: ${refused.why}.`, "Correct the field where the page sets it; it is not sent again.");
  }
}

function judgeStatus(
  status: number,
  code: string | undefined,
  message: string,
  retryAfter: string | undefined,
  view: View,
  tell: Tell,
): void {
  const later = retryAfter ? `It tries again in ${retryAfter} s, with the same events.` : "It tries again by itself, with the same events.";
  if (code === "OTHER_STORE") {
    tell("store", "The key is of another store than data-store.", "Set data-store to the store of the key: storepulse keys ls shows it.");
  } else if (status === 401) {
    tell("key", "The gateway does not know the key (401).", "Compare data-key with storepulse keys ls: it is misspelt, revoked or of another installation.");
  } else if (status === 403 && code === "ORIGIN_NOT_ALLOWED") {
    tell("origin", ...CAUSES.origin(view));
  } else if (status === 403) {
    tell("forbidden", `The key may not do this (403): ${message}.`, "Use a publishable key of this store.");
  } else if (status === 402) {
    tell("plan", "The store has used up its plan (402): events are kept.", later);
  } else if (status === 429) {
    tell("limit", "Too many requests (429): events are kept.", later);
  } else if (status >= 500 || status === 408) {
    tell("busy", `The gateway cannot take events now (${status}): they are kept.`, later);
  } else if (status === 404 || status === 405) {
    tell("path", `There is no gateway at ${view.host} (${status}).`, "Correct data-host or src: they must lead to the gateway, with its path prefix.");
  }
}
