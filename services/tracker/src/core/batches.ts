/** Events that wait in memory, and the bodies that are made of them. */

import type { Fields, Stream } from "../module";
import { settings } from "./config";
import { newId } from "./ids";
import { type Batch, newKey } from "./stored";
import { visitorFields } from "./visitor";

const PATHS: Record<Stream, string> = {
  activity: "api/customer-activity/batch",
  heatmap: "api/heatmap/track-batch",
  experiment: "api/ab-testing/events",
};
const MOST_HELD = 500;
const MOST_EVENTS = 50;
/** In UTF-16 units: at most 60,000 bytes, where browsers let 65,536 outlive their page. */
export const MOST_UNITS = 20_000;


interface Waiting {
  path: string;
  text: string;
  isMoney: boolean;
}

let waiting: Waiting[] = [];

/** Events are text from here on: the page may change its objects later. */
export function hold(stream: Stream, event: Fields, isMoney: boolean): void {
  const now = Date.now();
  const id = event.idempotency_key ? {} : { event_id: newId(now) };
  if (waiting.length < MOST_HELD) {
    const text = JSON.stringify({ ...id, timestamp: now, ...event });
    waiting.push({ path: PATHS[stream], text, isMoney });
  }
}

export function heldCount(): number {
  return waiting.length;
}

export function isFull(): boolean {
  return waiting.length >= MOST_EVENTS;
}

export function dropHeld(): void {
  waiting = [];
}

/**
 * Takes the oldest events of one path, as many as a body holds. The visitor and the consent are those
 * of now: what was told before the visitor allowed it has no ids yet.
 */
export function takeBatch(): (Batch & { count: number }) | undefined {
  const path = waiting[0]?.path;
  if (!path) return undefined;
  const texts: string[] = [];
  const rest: Waiting[] = [];
  const visitor = visitorFields();
  let units = 0;
  let isMoney = false;
  for (const event of waiting) {
    const text = JSON.stringify({ ...JSON.parse(event.text), ...visitor });
    units += text.length;
    if (event.path !== path || texts.length === MOST_EVENTS || (texts[0] && units > MOST_UNITS)) {
      rest.push(event);
    } else {
      texts.push(text);
      isMoney ||= event.isMoney;
    }
  }
  waiting = rest;
  const body = `{"events":[${texts}],"key":${JSON.stringify(settings.key)}}`;
  return { key: newKey(), path, body, isMoney, count: texts.length };
}
