/** Cookies, and memory where the browser keeps none: in foreign frames, or when they are off. */

import { settings } from "./config";

const DAY_SECONDS = 86_400;
const memory: Record<string, string> = {};

/** Nothing but what may be an id: the gateway would refuse all events of another. */
export function readCookie(name: string): string | undefined {
  try {
    return document.cookie.match(`(^|; )${name}=([\\w.:~-]{1,128})`)![2];
  } catch {
    return memory[name]; // there is none, or this is a sandboxed frame
  }
}

/** No value removes the cookie. */
export function writeCookie(name: string, value = "", days = 0): void {
  delete memory[name];
  const secure = location.protocol === "https:" ? ";secure" : "";
  // A browser refuses a domain without a word, such as co.uk. And a cookie of this host alone, from
  // before there was a domain, would hide the new one: it gets the value too.
  for (const domain of [`;domain=${settings.domain}`, ""]) {
    try {
      document.cookie = `${name}=${value};path=/;max-age=${days * DAY_SECONDS};samesite=lax${secure}${domain}`;
    } catch {
      // Memory will do.
    }
    if (readCookie(name) === value) return;
  }
  memory[name] = value;
}
