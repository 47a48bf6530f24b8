/**
 * Sends events to the gateway.
 *
 * They gather in memory for five seconds, or until there are 50. Those with money leave at once. One
 * request runs at a time. A body is fixed and stored when it is taken: when it has to be sent again
 * it is the same bytes, so that the gateway knows its events again. When the page is hidden, all that
 * waits leaves as beacons, whose answers nobody sees: those with money stay stored.
 */

import type { Fields, Stream } from "../module";
import { held, hold, MOST_UNITS, take } from "./batches";
import { forget, stored, storedKeys } from "./bodies";
import { host, settings } from "./config";
import { isAllowed, isDenied } from "./consent";
import { forgetTold } from "./told";
import { forgetVisitor, takeVisitor } from "./visitor";

const GATHER_MS = 5_000;
const MOST_EVENTS = 50;
const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_MS = 3_600_000;
/** What an event of a cart, a checkout or a purchase says. */
export const MONEY = /_cart|_start|purchase/;

let timer: ReturnType<typeof setTimeout> | undefined;
let hasUrgent: boolean | undefined;
let isSending = false;
let failures = 0;
let waitUntil = 0;

/** Puts an event into the queue. `isUrgent`: it leaves at once. */
export function add(stream: Stream, event: Fields, isUrgent?: boolean): void {
  hold(stream, event);
  hasUrgent ||= isUrgent;
  if (document.hidden) queueMicrotask(leave);
  else schedule();
}

/** Sends soon: now where something is urgent, else when enough has gathered. */
function schedule(): void {
  if (hasUrgent || held.length >= MOST_EVENTS) flush();
  else timer ??= setTimeout(flush, GATHER_MS);
}

/** Whether something may be sent. Forgets all that waits, and who the visitor is, after a denial. */
function isReady(): boolean {
  if (isDenied()) {
    held.length = 0;
    storedKeys().forEach(forget);
    forgetVisitor();
    forgetTold();
  }
  return isAllowed();
}

/** Sends all that is there now: what is stored first, then what is held. */
export function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (!isReady() || isSending) return;
  const wait = waitUntil - Date.now();
  if (wait > 0) timer = setTimeout(flush, wait);
  else sendAll().catch(() => {});
}

async function sendAll(): Promise<void> {
  isSending = true;
  hasUrgent = false;
  const taken = take();
  // One tab at a time sends what is stored; the others go on with what is theirs.
  const sendEach = async (lock: unknown): Promise<void> => {
    const kept = lock ? storedKeys().map((key) => [key, stored[key]!] as const) : [];
    for (const [key, text] of new Map([...kept, ...taken])) {
      if (!isReady() || !(await send(key, text))) return;
    }
  };
  try {
    await navigator.locks.request("sp.q", { ifAvailable: true }, sendEach);
  } catch {
    await sendEach(true); // no locks here
  }
  isSending = false;
  if (waitUntil) flush();
  else if (held.length) schedule();
}

/** Whether the gateway has decided on the body. If not, all waits. */
async function send(key: string, text: string): Promise<boolean> {
  const [address, body] = addressed(text);
  let answer: Response | undefined;
  let said: { visitorId?: string } = {};
  try {
    answer = await fetch(address, {
      method: "POST",
      body,
      keepalive: text.length < MOST_UNITS,
      ...("firstParty" in settings && { credentials: "include" }),
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
    said = await answer.json(); // unread, it counts against what may be in flight
  } catch {
    // No answer, or one that is no JSON.
  }
  if (/402|408|429|^5|un/.test(`${answer?.status}`)) {
    const after = answer?.headers.get("retry-after");
    const stated = +after! * 1_000 || Date.parse(after!) - Date.now();
    const pause = stated > 0 ? stated : 1_000 * 2 ** failures++ * (1 + Math.random());
    waitUntil = Date.now() + Math.min(pause, LONGEST_WAIT_MS);
    return false;
  }
  failures = waitUntil = 0;
  forget(key);
  if (said.visitorId && isAllowed()) takeVisitor(said.visitorId);
  return true;
}

/** The page is hidden, and may never be seen again. */
export function leave(): void {
  if (!isReady()) return;
  for (const [key, text] of take()) {
    const isGone =
      waitUntil < Date.now() && navigator.onLine && navigator.sendBeacon?.(...addressed(text));
    if (isGone && !MONEY.test(text)) forget(key);
  }
}

/** The network is back. */
export function resume(): void {
  waitUntil = 0;
  flush();
}

function addressed(text: string): [address: string, body: string] {
  const [path, body] = text.split("\n");
  return [`${host}${path}?sent_at=${Date.now()}`, body!];
}
