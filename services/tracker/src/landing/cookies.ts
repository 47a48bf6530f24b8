/** The cookies that keep ids: shared with the tracker. Memory where a browser keeps none. */

import { newId } from "../core/ids";
import { settings } from "./settings";

const DAY_SECONDS = 86_400;
const VISITOR_DAYS = 400;
const SESSION_DAYS = 30;
const memory: Record<string, string> = {};

function stored(name: string): string | undefined {
  try {
    return document.cookie.match(`(?:^|; )${name}=([\\w-]{1,128})(?:;|$)`)?.[1];
  } catch {
    return undefined; // a sandboxed frame
  }
}

export function readCookie(name: string): string | undefined {
  return stored(name) ?? memory[name];
}

/** No value removes the cookie. */
export function writeCookie(name: string, value = "", days = 0): void {
  const secure = location.protocol === "https:" ? ";secure" : "";
  const parts = `${name}=${value};path=/;max-age=${days * DAY_SECONDS};samesite=lax${secure}`;
  delete memory[name];
  // A browser refuses a domain such as co.uk without a word: then the cookie is the host's.
  for (const domain of [settings.domain, ""]) {
    try {
      document.cookie = domain ? `${parts};domain=${domain}` : parts;
    } catch {
      // A sandboxed frame.
    }
    if (value && stored(name) === value) return;
  }
  if (value) memory[name] = value;
}

let isRenewed = false;

/** Whose events these are. The session's cookie is renewed once a page. */
export function readIds(): { session_id: string; visitor_id: string } {
  const session = readCookie("sp_session") ?? newId();
  const visitor = readCookie("sp_visitor") ?? newId();
  if (!isRenewed) {
    isRenewed = true;
    writeCookie("sp_session", session, SESSION_DAYS);
    writeCookie("sp_visitor", visitor, VISITOR_DAYS);
  }
  return { session_id: session, visitor_id: visitor };
}

export function forgetIds(): void {
  isRenewed = false;
  writeCookie("sp_session");
  writeCookie("sp_visitor");
}
