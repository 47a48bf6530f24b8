/** Cookies, and memory where the browser keeps none: in foreign frames, or when they are off. */

import { settings } from "./config";
import { safe } from "./safe";

const DAY_SECONDS = 86_400;
const memory = new Map<string, string>();

function stored(name: string): string | undefined {
  try {
    // What is no id could only be refused by the gateway.
    return document.cookie.match(`(?:^|; )${name}=([\\w-]{1,128})(?:;|$)`)?.[1];
  } catch {
    return undefined; // a sandboxed frame
  }
}

export function readCookie(name: string): string | undefined {
  return stored(name) ?? memory.get(name);
}

/** No value removes the cookie. */
export function writeCookie(name: string, value = "", days = 0): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  const parts = `${name}=${value};path=/;max-age=${days * DAY_SECONDS};samesite=lax${secure}`;
  memory.delete(name);
  // A browser refuses a domain without a word, such as co.uk; and a cookie of this host alone, from
  // before there was a domain, would hide the new one.
  for (const domain of [settings.domain, ""]) {
    safe(() => (document.cookie = domain ? `${parts};domain=${domain}` : parts))();
    if (value && stored(name) === value) return;
  }
  if (value) memory.set(name, value);
}
