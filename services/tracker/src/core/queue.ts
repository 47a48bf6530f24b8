/**
 * Sends events to the gateway.
 *
 * They gather in memory for five seconds, or until there are 50. Those with money leave at once. One
 * request runs at a time. A body is fixed when it is taken: when it has to be sent again it is the
 * same bytes, so that the gateway knows its events again. A body that failed is stored, and goes
 * first next time. When the page is hidden, all that waits leaves as beacons, whose answers nobody
 * sees: what must not get lost is stored as well.
 */

import type { Fields, Stream } from "../module";
import { dropHeld, heldCount, hold, isFull, MOST_UNITS, takeBatch } from "./batches";
import { host, settings } from "./config";
import { isAllowed, isDenied } from "./consent";
import { type Batch, forget, forgetAll, store, storedBody, storedKeys } from "./stored";
import { forgetVisitor, takeVisitor } from "./visitor";

const GATHER_MS = 5_000;
const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_MS = 3_600_000;

let timer: ReturnType<typeof setTimeout> | undefined;
let isSending = false;
let isUrgent = false;
let inFlight: Batch | undefined;
let failures = 0;
let waitUntil = 0;

/** Puts an event into the queue. `urgent`: it leaves at once, and is kept until it has arrived. */
export function add(stream: Stream, event: Fields, urgent = false): void {
  if (isDenied()) return drop();
  hold(stream, event, urgent);
  isUrgent ||= urgent;
  if (document.visibilityState === "hidden") queueMicrotask(leave);
  else schedule();
}

/** Sends soon: now where something is urgent, else when enough has gathered. */
function schedule(): void {
  if (isUrgent || isFull()) flush();
  else timer ??= setTimeout(flush, GATHER_MS);
}

/** Sends all that was there when it began: what is stored first, then memory. */
export function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (isDenied()) return drop();
  if (isSending || !isAllowed()) return;
  const wait = waitUntil - Date.now();
  if (wait > 0) {
    timer = setTimeout(flush, wait);
    return;
  }
  isSending = true;
  sendAll()
    .catch(() => {})
    .then(() => {
      isSending = false;
      if (waitUntil) flush();
      else if (heldCount()) schedule();
    });
}

async function sendAll(): Promise<void> {
  isUrgent = false;
  let left = heldCount();
  let isAnswered = await sendStored();
  while (isAnswered && left > 0) {
    const batch = takeBatch();
    if (!batch) return;
    left -= batch.count;
    isAnswered = await send(batch);
  }
}

/** One tab at a time sends what is stored; the others go on with what is theirs. */
async function sendStored(): Promise<boolean> {
  let isAnswered = true;
  const sendEach = async (lock: unknown): Promise<void> => {
    for (const key of lock ? storedKeys() : []) {
      const [path, body] = storedBody(key); // another tab may have removed it
      if (body) isAnswered &&= await send({ key, path, body });
    }
  };
  if (storedKeys().length) {
    try {
      await navigator.locks.request("sp.q", { ifAvailable: true }, sendEach);
    } catch {
      await sendEach(true); // there are none, or not here
    }
  }
  return isAnswered;
}

/** Whether the gateway has decided on the batch. If not, it is stored, and all waits. */
async function send(batch: Batch): Promise<boolean> {
  inFlight = batch;
  if (batch.isMoney) store(batch);
  let answer: Response | undefined;
  let told: { visitorId?: string } = {};
  try {
    answer = await fetch(addressOf(batch), {
      method: "POST",
      body: batch.body,
      keepalive: batch.body.length <= MOST_UNITS,
      credentials: "firstParty" in settings ? "include" : "same-origin",
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
    told = await answer.json(); // as long as it is not read, it counts against what may be in flight
  } catch {
    // No answer, or one that is no JSON.
  }
  inFlight = undefined;
  if (/^(0|402|408|429|5..)$/.test(`${answer?.status ?? 0}`)) {
    if (isAllowed()) store(batch);
    waitUntil = Date.now() + pauseOf(answer?.headers.get("retry-after"));
    return false;
  }
  failures = waitUntil = 0;
  forget(batch.key);
  if (told.visitorId) takeVisitor(told.visitorId);
  return true;
}

/** Milliseconds until the next attempt: what the gateway says, else longer each time. */
function pauseOf(after: string | null | undefined): number {
  const stated = after ? (isNaN(+after) ? Date.parse(after) - Date.now() : +after * 1_000) : 0;
  const pause = stated > 0 ? stated : 1_000 * 2 ** failures * (1 + Math.random());
  failures += 1;
  return Math.min(pause, LONGEST_WAIT_MS);
}

/** The page is hidden, and may never be seen again. */
export function leave(): void {
  if (isDenied()) return drop();
  if (!isAllowed()) return;
  if (inFlight) store(inFlight);
  for (let batch = takeBatch(); batch; batch = takeBatch()) {
    const isSent =
      waitUntil < Date.now() &&
      navigator.onLine &&
      navigator.sendBeacon?.(addressOf(batch), batch.body);
    if (!isSent || batch.isMoney) store(batch);
  }
}

/** The network is back. */
export function resume(): void {
  waitUntil = 0;
  flush();
}

function addressOf({ path }: Batch): string {
  return `${host}${path}?sent_at=${Date.now()}`;
}

/** Forgets all that waits, and who the visitor is. */
function drop(): void {
  dropHeld();
  forgetAll();
  forgetVisitor();
}
