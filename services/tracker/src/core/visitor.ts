/** Who the events are of: the session, the visitor, and what they allow. */

import type { Fields } from "../module";
import { settings } from "./config";
import { consent, isAllowed } from "./consent";
import { readCookie, writeCookie } from "./cookies";
import { newId } from "./ids";

const SESSION = "sp_session";
const SESSION_DAYS = 30;
const VISITOR = "sp_visitor";
const VISITOR_DAYS = 400;
let isRenewed = false;

/** The id that a cookie holds; a new one where there is none. It is written where that is allowed. */
function idOf(name: string, days: number, renew?: boolean): string {
  const known = readCookie(name);
  const id = known ?? newId();
  if (isAllowed() && (renew || !known)) writeCookie(name, id, days);
  return id;
}

/** What each event says of its visitor. The session's cookie is renewed once a page. */
export function visitorFields(): Fields {
  const fields = {
    store_id: settings.store,
    session_id: idOf(SESSION, SESSION_DAYS, !isRenewed),
    visitor_id: idOf(VISITOR, VISITOR_DAYS),
    consent: consent(),
    source: "tracker",
  };
  isRenewed = true;
  return fields;
}

/** The gateway knows the visitor by another id, from its own cookie. */
export function takeVisitor(id: string): void {
  if (isAllowed() && readCookie(VISITOR) !== id) writeCookie(VISITOR, id, VISITOR_DAYS);
}

export function forgetVisitor(): void {
  writeCookie(SESSION);
  writeCookie(VISITOR);
}
