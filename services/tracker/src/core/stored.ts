/**
 * Bodies that could not be sent yet, each under a key of its own: tabs never rewrite each other's,
 * and the keys' order is that of the events. The value is the path, a line break and the body.
 */

import { newId, timeOf } from "./ids";
import { safe } from "./safe";

/** A body of fixed bytes, and where it goes. `isMoney`: it holds a cart, a checkout or a purchase. */
export interface Batch {
  key: string;
  path: string;
  body: string;
  isMoney?: boolean;
}

const PREFIX = "sp.q.";
const MOST = 50;
/** The gateway knows an id for seven days; what comes later would count twice. */
const LONGEST_MS = 6 * 86_400_000;

let items: Record<string, string> = Object.create(null);
safe(() => {
  items = localStorage ?? items; // reading it throws in a sandboxed frame
})();

/** The keys that are young enough, the oldest first. Older ones are removed. */
export function storedKeys(): string[] {
  const oldest = Date.now() - LONGEST_MS;
  return Object.keys(items)
    .filter((key) => key.startsWith(PREFIX))
    .sort()
    .filter((key) => timeOf(key.slice(PREFIX.length)) > oldest || forget(key));
}

export function newKey(): string {
  return PREFIX + newId();
}

/** Path and body under a key; both empty where there is none. */
export function storedBody(key: string): [path: string, body: string] {
  const [path = "", body = ""] = items[key]?.split("\n") ?? [];
  return [path, body];
}

/** Without room, and where nothing may be stored, the body is lost with the page. */
export function store({ key, path, body }: Batch): void {
  safe(() => {
    for (const old of storedKeys().slice(0, 1 - MOST)) forget(old);
    items[key] = `${path}\n${body}`;
  })();
}

export function forget(key: string): void {
  delete items[key];
}

export function forgetAll(): void {
  storedKeys().forEach(forget);
}
