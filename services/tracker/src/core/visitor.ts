/** Who the events are of: the session, the visitor, and what they allow. */

import type { Fields } from "../module";
import { settings } from "./config";
import { consent } from "./consent";
import { readCookie, writeCookie } from "./cookies";
import { newId } from "./ids";

const SESSION = "sp_session";
const SESSION_DAYS = 30;
const VISITOR = "sp_visitor";
const VISITOR_DAYS = 400;
let session: string | undefined;

/** The id that a cookie holds, or a new one, kept for some days from now. */
function renew(name: string, days: number): string {
  const id = readCookie(name) || newId();
  writeCookie(name, id, days);
  return id;
}

/** What each event says of its visitor, where it is allowed. The session is renewed once a page. */
export function visitorFields(): Fields {
  return {
    store_id: settings.store,
    session_id: (session ??= renew(SESSION, SESSION_DAYS)),
    visitor_id: readCookie(VISITOR) || renew(VISITOR, VISITOR_DAYS),
    consent: consent(),
    source: "tracker",
  };
}

/** The gateway may know the visitor by another id, from its own cookie. */
export function takeVisitor(id: string): void {
  writeCookie(VISITOR, id, VISITOR_DAYS);
}

export function forgetVisitor(): void {
  session = undefined;
  writeCookie(SESSION);
  writeCookie(VISITOR);
}
