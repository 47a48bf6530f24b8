/**
 * Sends bodies, and keeps those that did not arrive.
 *
 * A body's bytes never change, so whatever is sent twice has the same id and time. What an answer says
 * may pass (402, 408, 429, 5xx, no answer) is kept in localStorage under a key of its own and sent
 * again, for six days: after seven the gateway would count it a second time. When the page hides, what
 * has no answer yet is kept too, and removed should the answer come.
 *
 * What is kept is the path, a line break and the body, as the tracker keeps it: on a site that has
 * both, each sends what the other could not.
 */

import { newId } from "../core/ids";
import { on, safe } from "../core/safe";
import { settings } from "./settings";

const PREFIX = "sp.q.";
/** Without a slash before it, as the tracker has it. */
const PATH = "api/v1/landing-pages/events";
const MOST_KEPT = 50;
const MOST_AGE = 6 * 86_400_000;
const LONGEST_KEEPALIVE = 20_000;
const LONGEST_WAIT = 3_600_000;
const LONGEST_REQUEST = 15_000;
const PASSING = [402, 408, 429];

/** Paths and bodies that have no answer yet, by their keys. */
const flying = new Map<string, string>();
let failures = 0;
let timer = 0;
/** Whether the last body did not arrive, and the timer runs. */
let isWaiting = false;

/** localStorage, or an object where its very getter throws. */
export const storage: Record<string, string> = (() => {
  try {
    const found = window.localStorage;
    found.setItem(PREFIX, "");
    found.removeItem(PREFIX);
    return found as unknown as Record<string, string>;
  } catch {
    return {};
  }
})();

function keptKeys(): string[] {
  return Object.keys(storage)
    .filter((key) => key.startsWith(PREFIX))
    .sort();
}

function keep(key: string, text: string): void {
  storage[key] = text;
  for (const old of keptKeys().slice(0, -MOST_KEPT)) delete storage[old];
}

function addressed(text: string): [address: string, body: string] {
  const [path, body] = text.split("\n");
  return [`${settings.url}/${path}?sent_at=${Date.now()}`, body!];
}

/** Sends a body; `isMoney`: when the page is going, it is kept as well. */
export function send(body: string, isMoney: boolean): void {
  const key = PREFIX + newId();
  const text = `${PATH}\n${body}`;
  if (document.visibilityState === "hidden") {
    if (!navigator.sendBeacon(...addressed(text)) || isMoney) keep(key, text);
  } else {
    void post(key, text);
  }
}

async function post(key: string, text: string): Promise<void> {
  flying.set(key, text);
  let wait = 0;
  try {
    const [address, body] = addressed(text);
    const answer = await fetch(address, {
      method: "POST",
      body,
      headers: { "content-type": "text/plain" },
      credentials: "omit",
      keepalive: body.length < LONGEST_KEEPALIVE,
      signal: AbortSignal.timeout(LONGEST_REQUEST),
    });
    const after = answer.headers.get("retry-after") ?? "";
    wait = (parseInt(after) || (Date.parse(after) - Date.now()) / 1000 || 0) * 1000;
    // What is read no more counts against the limit of bytes in flight.
    await answer.text();
    if (answer.status < 500 && !PASSING.includes(answer.status)) {
      delete storage[key];
      failures = 0;
      return;
    }
  } catch {
    // No answer: it is sent again.
  } finally {
    // Refused consent has emptied this.
    if (!flying.delete(key)) delete storage[key];
  }
  safe(keep)(key, text);
  wait ||= 1000 * 2 ** failures++ * (1 + Math.random());
  isWaiting = true;
  clearTimeout(timer);
  timer = setTimeout(sendKept, Math.min(wait, LONGEST_WAIT));
}

/** Sends what was kept, the oldest first, in one tab at a time. */
export function sendKept(): void {
  clearTimeout(timer);
  isWaiting = false;
  const run = async () => {
    for (const key of keptKeys()) {
      if (isWaiting) return;
      const text = storage[key];
      const age = Date.now() - parseInt(key.slice(5, 13) + key.slice(14, 18), 16);
      if (!(age < MOST_AGE)) delete storage[key];
      else if (text && !flying.has(key)) await post(key, text);
    }
  };
  const { locks } = navigator;
  if (locks) locks.request("sp.q", { ifAvailable: true }, (lock) => lock && run()).catch(run);
  else void run();
}

/** Forgets everything that waits. */
export function emptyQueue(): void {
  clearTimeout(timer);
  flying.clear();
  for (const key of keptKeys()) delete storage[key];
}

export function startQueue(): void {
  const keepAll = () => flying.forEach((text, key) => keep(key, text));
  on(document, "visibilitychange", () => document.visibilityState === "hidden" && keepAll());
  on(window, "pagehide", keepAll);
  on(window, "online", sendKept);
  sendKept();
}
