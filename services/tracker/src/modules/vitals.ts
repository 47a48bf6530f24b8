/**
 * How fast and how steady a page was, by Google's library: one custom event `web_vitals` with all
 * metrics, when the page is hidden for the first time. A page that comes back by the Back button is
 * measured anew. Every event is a sample, so what changes later is left out.
 */

import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import type { Fields, Start } from "../module";

export const start: Start = ({ add, context, on }) => {
  const told = new Set<string>();
  const latest = new Map<string, Metric>();
  let place: Fields;

  /** In a shop that changes pages without loading them, the page that was loaded was measured. */
  const arrive = () => {
    const { page_url, view_id } = context();
    place = { page_url, view_id };
  };

  for (const watch of [onCLS, onFCP, onINP, onLCP, onTTFB]) {
    watch((metric) => {
      if (!told.has(metric.id)) latest.set(metric.name, metric);
    });
  }
  arrive();
  on(window, "pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) arrive();
  });
  // The library's listeners are on the window, and so go first.
  on(document, "visibilitychange", () => {
    if (!document.hidden || !latest.size) return;
    const metadata: Fields = {};
    for (const { id, name, value } of latest.values()) {
      told.add(id);
      metadata[name] = value;
    }
    latest.clear();
    add("activity", { activity_type: "custom", name: "web_vitals", metadata, ...place });
  });
};
