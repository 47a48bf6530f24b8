/** What is known of a visit in the browser. */

/** Whether a program drives this browser, or its user agent names one. */
export function isRobot(): boolean {
  return navigator.webdriver || /bot|crawl|spider/i.test(navigator.userAgent);
}

/** The same with browsers without a window that hide who drives them; the module has no room. */
export function isRobotOrHeadless(): boolean {
  return isRobot() || /headless/i.test(navigator.userAgent);
}

/**
 * Whether the visitor is in the first session, by the moments that are in both ids (UUIDv7, to
 * about a minute): the answer is the same as long as the session lasts.
 */
export function visitorOf(visitorId: string | null | undefined, sessionId: string) {
  if (!visitorId) return undefined;
  return visitorId.slice(0, 8) === sessionId.slice(0, 8) ? "new" : "returning";
}
