import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";

export type CartEvent = components["schemas"]["CartEvent"];
export type CartAnalytics = components["schemas"]["CartAnalyticsAnswer"];
export type CartStep = components["schemas"]["Step"];
type EventsQuery = NonNullable<operations["list_cart_events"]["parameters"]["query"]>;
type AnalyticsQuery = NonNullable<operations["get_cart_analytics"]["parameters"]["query"]>;

export function cartAnalyticsQuery(query: AnalyticsQuery) {
  return queryOptions({
    queryKey: ["cart analytics", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/cart-tracking/analytics", { params: { query }, signal })),
  });
}

export function cartEventsQuery(query: EventsQuery) {
  return queryOptions({
    queryKey: ["cart events", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/cart-tracking/events", { params: { query }, signal })),
  });
}

/** The events of an addition's session, else of its customer; null if neither is known. */
export function journeyQuery(event: CartEvent) {
  const who = event.sessionId ? { sessionId: event.sessionId } : { customerEmail: event.customerEmail ?? undefined };
  return queryOptions({
    queryKey: ["journey", event.storeId, who],
    queryFn: async ({ signal }) => {
      const query = { storeId: event.storeId, ...who, limit: 1 };
      return dataOf(await client.GET("/api/cart-tracking/analytics", { params: { query }, signal })).data.journey ?? [];
    },
    enabled: Boolean(event.sessionId ?? event.customerEmail),
  });
}
