/** What went to the gateway and what came back, as plain values. */

import type { Fields } from "../module";

export interface SentEvent {
  name: string;
  /** The event's id, or the key of an order's purchase. */
  id: string;
  outcome: "waiting" | "accepted" | "refused";
  /** Why it was refused: the field and the gateway's reason. */
  why?: string;
}

/** Why a request has no answer that the page may read. */
export type Cause = "offline" | "blocked" | "origin" | "unreachable";

export interface Exchange {
  path: string;
  via: "fetch" | "beacon";
  events: SentEvent[];
  /** Null until there is an answer. A beacon's stays unknown. */
  status: number | null;
  cause?: Cause;
  /** The error's code and message, as the gateway says them. */
  code?: string;
  message?: string;
  retryAfter?: string;
  /** By how much this device's clock is ahead of the gateway's, in milliseconds. */
  ahead?: number;
  /** Of a beacon: whether the browser let it out; undefined while that is not known. */
  isOut?: boolean;
}

/** An answer's JSON, as far as it is read here. */
export interface Said {
  code?: string;
  message?: string;
  details?: { field?: string; reason?: string };
  rejected?: { index: number; field?: string; reason?: string; code?: string }[];
}

/** The events of a request's body; none of a body that is no batch of ours. */
export function eventsOf(body: unknown): SentEvent[] {
  try {
    const said = JSON.parse(`${body}`);
    const events: Fields[] = Array.isArray(said) ? said : (said.events ?? [said]);
    return events.map((event) => ({
      name: `${event.name ?? event.activity_type ?? event.event_type ?? event.kind ?? "event"}`,
      id: `${event.event_id ?? event.idempotency_key ?? "without an id"}`,
      outcome: "waiting",
    }));
  } catch {
    return [];
  }
}

/** Enters what the gateway said of each event. */
export function settle(exchange: Exchange, status: number, said: Said): void {
  exchange.status = status;
  exchange.code = said.code;
  exchange.message = said.message;
  const isTaken = status >= 200 && status < 300;
  const isDecided = isTaken || (status >= 400 && status < 500 && ![402, 408, 429].includes(status));
  if (!isDecided) return;
  exchange.events.forEach((event, index) => {
    const refused = said.rejected?.find((one) => one.index === index);
    event.outcome = isTaken && !refused ? "accepted" : "refused";
    const { field = "", reason = said.message ?? "" } = refused ?? said.details ?? {};
    if (event.outcome === "refused") event.why = `${field} ${reason}`.trim();
    if (refused?.code) exchange.code = refused.code;
  });
}
