/**
 * Bodies that the gateway has not decided on. Each is stored under a key of its own, so that tabs
 * never rewrite each other's, and the keys' order is that of the events. The text is the path, a line
 * break and the body.
 */

import { idStart, newId } from "./ids";

const PREFIX = "sp.q.";
const MOST = 50;
/** The gateway knows an id for seven days; what comes later would count twice. */
const LONGEST_MS = 6 * 86_400_000;

export let stored: Record<string, string> = {};
try {
  stored = localStorage ?? stored;
} catch {
  // Memory will do: this is a sandboxed frame.
}

/** The keys that are young enough, the oldest first. Older ones are removed. */
export function storedKeys(): string[] {
  const oldest = PREFIX + idStart(Date.now() - LONGEST_MS);
  return Object.keys(stored)
    .filter((key) => key.startsWith(PREFIX) && (key > oldest || forget(key)))
    .sort();
}

/** Stores a body, and gives its key. Where there is no room, it has one attempt. */
export function store(text: string): string {
  const key = PREFIX + newId();
  storedKeys().slice(0, 1 - MOST).forEach(forget);
  try {
    stored[key] = text;
  } catch {
    // The shop's pages have filled the storage.
  }
  return key;
}

export function forget(key: string): void {
  delete stored[key];
}
