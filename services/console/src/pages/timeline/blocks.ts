/** Orders a person's events as a page shows them. Pure functions. */

import { dayOf } from "~/format/time";
import type { PersonEvent, PersonSession } from "./queries";

/** A visit with its events, oldest first, or events without a visit. */
export interface Block {
  id: string;
  day: string;
  session: PersonSession | null;
  events: PersonEvent[];
}

export interface Day {
  day: string;
  blocks: Block[];
  events: number;
}

/** How long after a visit's last event an order still belongs to it, in milliseconds. */
const GRACE = 30 * 60_000;
/** A page view and its product view follow each other within this time, in milliseconds. */
const TOGETHER = 5_000;

/** Newest visit first, with each visit's events in order: the view of a shop's visitor. */
export function visitsOf(newestFirst: readonly PersonEvent[], sessions: readonly PersonSession[], zone: string): Day[] {
  const blocks = new Map<string, Block>();
  for (const event of newestFirst) {
    const session = sessionOf(event, sessions);
    const id = session ? `${session.session_id} ${session.started_at}` : event.event_id;
    const known = blocks.get(id);
    if (known) known.events.unshift(event);
    else blocks.set(id, { id, day: dayOf(session?.started_at ?? event.occurred_at, zone), session, events: [event] });
  }
  return daysOf([...blocks.values()].map((block) => ({ ...block, events: withoutRepeats(block.events) })));
}

/** Oldest first: the view of a chat. */
export function chatOf(newestFirst: readonly PersonEvent[], zone: string): Day[] {
  const events = withoutRepeats([...newestFirst].reverse());
  return daysOf(events.map((event) => ({ id: event.event_id, day: dayOf(event.occurred_at, zone), session: null, events: [event] })));
}

function daysOf(blocks: readonly Block[]): Day[] {
  const days: Day[] = [];
  for (const block of blocks) {
    let day = days.at(-1);
    if (day?.day !== block.day) days.push((day = { day: block.day, blocks: [], events: 0 }));
    day.blocks.push(block);
    day.events += block.events.length;
  }
  return days;
}

function sessionOf(event: PersonEvent, sessions: readonly PersonSession[]): PersonSession | null {
  if (event.session_id === null || event.stream === "bot") return null;
  const at = Date.parse(event.occurred_at);
  const isIn = (one: PersonSession) =>
    one.session_id === event.session_id && Date.parse(one.started_at) <= at && at <= Date.parse(one.ended_at) + GRACE;
  return sessions.find(isIn) ?? null;
}

/** Merges a page view and its product view into the product view, which says more. */
function withoutRepeats(events: readonly PersonEvent[]): PersonEvent[] {
  return events.filter((event, place) => {
    if (event.type !== "page_view" || event.page_url === null) return true;
    return ![events[place + 1], events[place - 1]].some(
      (other) =>
        other?.type === "product_view" &&
        other.page_url === event.page_url &&
        Math.abs(Date.parse(other.occurred_at) - Date.parse(event.occurred_at)) <= TOGETHER,
    );
  });
}

/** How long a page was viewed, in seconds; null for the last page, or if it is not known. */
export function secondsOn(event: PersonEvent, session: PersonSession | null): number | null {
  const until = event.next_page_at ?? null;
  const end = session === null ? null : session.ended_at;
  const last = until !== null && (end === null || Date.parse(until) <= Date.parse(end)) ? until : null;
  return last === null ? null : (Date.parse(last) - Date.parse(event.occurred_at)) / 1000;
}

/** The outcome of a visit. */
export function outcomeOf(session: PersonSession): "bought" | "checkout" | "cart" | "left" {
  if (session.steps.includes("purchase")) return "bought";
  if (session.steps.includes("checkout_start")) return "checkout";
  return session.steps.includes("add_to_cart") ? "cart" : "left";
}
