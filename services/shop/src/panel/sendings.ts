/**
 * What this page sends to the gateway, seen from the outside: `fetch` and `sendBeacon` are wrapped
 * before the tracker starts. Only the demo does this; a shop has no need of it.
 */

import { setup } from "../backend";

/** An event as it left the page. */
export interface Sending {
  id: string;
  type: string;
  /** Milliseconds since 1970. */
  at: number;
  /** The answer's status; null until there is one, and for beacons, whose answer nobody sees. */
  status: number | null;
  by: "fetch" | "beacon";
}

const listeners = new Set<() => void>();
let sendings: readonly Sending[] = [];

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function allSendings(): readonly Sending[] {
  return sendings;
}

function change(next: readonly Sending[]): void {
  sendings = next;
  for (const listener of listeners) listener();
}

function eventsOf(body: unknown): Record<string, unknown>[] {
  if (typeof body !== "string") return [];
  try {
    const decoded = JSON.parse(body);
    return Array.isArray(decoded) ? decoded : (decoded.events ?? [decoded]);
  } catch {
    return [];
  }
}

function add(body: unknown, by: Sending["by"]): Set<string> {
  const ids = new Set<string>();
  const added = eventsOf(body).map((event): Sending => {
    const id = String(event.event_id ?? event.idempotency_key ?? "");
    const type = String(event.name ?? event.activity_type ?? event.type ?? event.event_type ?? "");
    ids.add(id);
    return { id, type, at: Date.now(), status: null, by };
  });
  const known = new Set(sendings.map((sending) => sending.id));
  change([...sendings, ...added.filter((sending) => !known.has(sending.id))]);
  return ids;
}

/** Starts watching. The panel may open later: what was sent before is kept. */
export function watch(): void {
  const plainFetch = window.fetch;
  window.fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!address.startsWith(setup.gateway) || init?.method !== "POST") {
      return await plainFetch(input, init);
    }
    const ids = add(init.body, "fetch");
    const answer = await plainFetch(input, init);
    change(
      sendings.map((one) => (ids.has(one.id) ? { ...one, status: answer.status } : one)),
    );
    return answer;
  };
  const plainBeacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (address, data) => {
    if (String(address).startsWith(setup.gateway)) {
      if (data instanceof Blob) void data.text().then((text) => add(text, "beacon"));
      else add(data, "beacon");
    }
    return plainBeacon(address, data);
  };
}
