/**
 * The check on the page itself, with `?storepulse_debug=1`: what is sent, what comes back, and what is
 * wrong. It looks only, and never changes what the tracker does.
 */

import type { Start } from "../module";
import type { Exchange } from "../debug/exchange";
import { judge, type View } from "../debug/judge";
import { openPanel } from "../debug/panel";
import { watchTraffic } from "../debug/traffic";

const MOST_EXCHANGES = 200;
const EVERY_MS = 1_000;

export const start: Start = ({ settings, host, consent, hear, on }) => {
  const exchanges: Exchange[] = [];
  const violations: View["violations"] = [];
  let told = 0;

  const view = (): View => {
    const { doNotTrack, globalPrivacyControl, cookieEnabled } = navigator as Navigator & {
      globalPrivacyControl?: boolean;
    };
    return {
      store: settings.store,
      key: settings.key,
      origin: location.origin,
      host,
      tags: document.querySelectorAll("script[src][data-store]").length,
      isSecure: isSecureContext,
      consent: consent(),
      has: {
        consent: "consent" in settings,
        gpc: "gpc" in settings,
        dnt: "dnt" in settings,
        pixels: "pixels" in settings,
      },
      signals: { gpc: globalPrivacyControl === true, dnt: doNotTrack === "1" },
      hasCookie: cookieEnabled && hasCookie(),
      exchanges,
      violations,
    };
  };

  const panel = openPanel(() =>
    JSON.stringify({ page: location.href, problems: judge(view()), exchanges }, null, 2),
  );
  let shown = "";
  const show = () => {
    const problems = judge(view());
    const state = JSON.stringify([problems, exchanges, told > 0]);
    if (state === shown) return; // whoever reads or selects the text is not disturbed
    shown = state;
    panel.show(problems, exchanges, told > 0);
  };

  watchTraffic(host, (exchange) => {
    if (!exchanges.includes(exchange)) exchanges.push(exchange);
    exchanges.splice(0, exchanges.length - MOST_EXCHANGES);
    show();
  });
  on(document, "securitypolicyviolation", (event) => {
    const { effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent;
    if (!blockedURI.startsWith(new URL(host).origin)) return;
    violations.push([effectiveDirective, blockedURI]);
    show();
  });
  hear(() => {
    told++;
    show();
  });
  // Consent and cookies change without a word.
  setInterval(show, EVERY_MS);
  show();
};

function hasCookie(): boolean {
  try {
    return /(^|; )sp_session=/.test(document.cookie);
  } catch {
    return false; // a sandboxed frame
  }
}
