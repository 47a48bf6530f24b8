/**
 * What this page sends to the gateway, seen from the outside: `fetch` and `sendBeacon` are wrapped
 * before the tracker starts. Only the demo does this; a shop has no need of it.
 */

import { setup } from "../backend";

/** An event as it left the page. */
export interface Sending {
  id: string;
  type: string;
  stream: string;
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

/** Notes the events of a body; gives their ids, in their order. */
function add(address: string, body: unknown, by: Sending["by"]): string[] {
  const stream = address.includes("/heatmap/") ? "heatmap" : "";
  const added = eventsOf(body).map((event): Sending => {
    // The gateway makes the id of an exposure; until it has told, it has one of ours.
    const id = String(event.event_id ?? event.idempotency_key ?? crypto.randomUUID());
    const type = String(event.name ?? event.activity_type ?? event.type ?? event.event_type ?? "");
    return { id, type, stream, at: Date.now(), status: null, by };
  });
  const known = new Set(sendings.map((sending) => sending.id));
  change([...sendings, ...added.filter((sending) => !known.has(sending.id))]);
  return added.map((sending) => sending.id);
}

/** The gateway's ids of a request's events, by those that they were sent with. */
async function idsOf(answer: Response, sent: string[]): Promise<Map<string, string>> {
  const ids: unknown = await answer
    .clone()
    .json()
    .then((told) => told.ids, () => []);
  const isWhole = Array.isArray(ids) && ids.length === sent.length;
  return new Map(isWhole ? sent.map((id, at) => [id, ids[at]] as const) : []);
}

/** A purchase keeps the id of its order, by which all who hear of it know it. */
function idOf(sent: string, ids: Map<string, string>): string {
  return sent.startsWith("purchase:") ? sent : (ids.get(sent) ?? sent);
}

/** Starts watching. The panel may open later: what was sent before is kept. */
export function watch(): void {
  const plainFetch = window.fetch;
  window.fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!address.startsWith(setup.gateway) || init?.method !== "POST") {
      return await plainFetch(input, init);
    }
    const sent = add(address, init.body, "fetch");
    const answer = await plainFetch(input, init);
    const ids = await idsOf(answer, sent);
    change(
      sendings.map((one) =>
        sent.includes(one.id)
          ? { ...one, id: idOf(one.id, ids), status: answer.status }
          : one,
      ),
    );
    return answer;
  };
  const plainBeacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (address, data) => {
    if (String(address).startsWith(setup.gateway)) {
      if (data instanceof Blob) void data.text().then((text) => add(String(address), text, "beacon"));
      else add(String(address), data, "beacon");
    }
    return plainBeacon(address, data);
  };
}
