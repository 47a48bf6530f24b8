/** Events that wait in memory, and the bodies that are made of them. */

import type { Fields, Stream } from "../module";
import { store } from "./bodies";
import { settings } from "./config";
import { isDenied } from "./consent";
import { newId } from "./ids";
import { visitorFields } from "./visitor";

const PATHS: Record<Stream, string> = {
  activity: "api/customer-activity/batch",
  heatmap: "api/heatmap/track-batch",
  experiment: "api/ab-testing/events",
};
const MOST_HELD = 500;
/** In UTF-16 units: at most 60,000 bytes, where browsers let 65,536 outlive their page. */
export const MOST_UNITS = 20_000;

export const held: [path: string, event: Fields][] = [];

export function hold(stream: Stream, event: Fields): void {
  if (!isDenied() && held.length < MOST_HELD) {
    held.push([PATHS[stream], 
      { event_id: event.idempotency_key ? undefined : newId(), timestamp: Date.now(), ...event },
    ]);
  }
}

/**
 * Makes bodies of all that is held, stores them and gives each with its key. The visitor and the
 * consent are those of now: what was told before the visitor allowed it has none yet.
 */
export function take(): [key: string, text: string][] {
  const batches: { path: string; events: string }[] = [];
  for (const [path, event] of held.splice(0)) {
    const text = JSON.stringify({ ...event, ...visitorFields() });
    const open = batches.find(
      (batch) => batch.path === path && batch.events.length + text.length < MOST_UNITS,
    );
    if (open) open.events += `,${text}`;
    else batches.push({ path, events: text });
  }
  return batches.map(({ path, events }) => {
    const text = `${path}\n{"key":"${settings.key}","events":[${events}]}`;
    return [store(text), text];
  });
}
