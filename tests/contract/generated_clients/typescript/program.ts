// A shop's server that sends events and reads them back, by clients made of the documents.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths as GatewayPaths } from "./gateway.js";
import type { paths as QueryPaths } from "./query.js";

const { GATEWAY_URL, QUERY_URL, KEY, STORE } = process.env as Record<string, string>;
const store_id = STORE!;
const headers = { Authorization: `Bearer ${KEY}` };
const gateway = createClient<GatewayPaths>({ baseUrl: GATEWAY_URL!, headers });
const query = createClient<QueryPaths>({ baseUrl: QUERY_URL!, headers });

// Only what the contract asks for is required: this compiles without any other field.
const visit = { store_id, session_id: "s-typescript" };
const page: components["schemas"]["ActivityBeacon"] = { ...visit, activity_type: "page_view" };
const purchase: components["schemas"]["ActivityBeacon"] = {
  ...visit, activity_type: "purchase", value: 49.9, currency: "EUR", product_id: 7, quantity: null,
};

const cart = await gateway.POST("/api/cart-tracking/track", {
  body: { storeName: "typescript.example", productId: "42", sessionId: "s-typescript" },
});
assert.match(cart.data!.data.id, /^cart-event-/);

const activity = await gateway.POST("/collect", {
  body: { stream: "activity", events: [page, purchase, { ...purchase, value: "0.10" }] },
});
assert.equal(activity.response.status, 202);
assert.equal(activity.data!.accepted, 3);

const heatmap = await gateway.POST("/api/heatmap/track-batch", {
  body: {
    events: [
      { ...visit, type: "click", page_url: "https://typescript.example/", x: 10, y: 20 },
      { ...visit, type: "scroll", page_url: "https://typescript.example/", scroll_depth: 50 },
    ],
  },
});
assert.equal(heatmap.data!.ids.length, 2);

const landing = await gateway.POST("/api/v1/landing-pages/events", {
  body: { ...visit, event_type: "PageView", landing_page_id: "lp-typescript" },
});
assert.equal(landing.data!.accepted, 1);

// As sendBeacon does: the same JSON as plain text.
const beacon = await gateway.POST("/api/customer-activity", {
  body: JSON.stringify(page),
  bodySerializer: (body) => body as string,
  headers: { "Content-Type": "text/plain;charset=UTF-8" },
});
assert.equal(beacon.data!.accepted, 1);

// @ts-expect-error: a type that is none does not compile; the answer names the field.
const wrong = await gateway.POST("/api/customer-activity", { body: { ...page, activity_type: "x" } });
assert.equal(wrong.response.status, 400);
const details = wrong.error!.details!;
assert.ok("field" in details);
assert.equal(details.field, "activity_type");

async function readUntil<T>(read: () => Promise<T | undefined>, isThere: (got: T) => boolean): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const got = await read();
    if (got !== undefined && isThere(got)) return got;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error("nothing came");
}

const rows = await readUntil(
  async () => (await query.GET("/api/customer-activity", { params: { query: { store_id } } })).data,
  (got) => got.data.length === 4,
);
const values = rows.data.map((row) => row.value).filter((value) => value !== null);
assert.deepEqual(values.sort(), ["0.1000", "49.9000"]);
assert.equal(rows.next_cursor, null);

await readUntil(
  async () =>
    (await query.GET("/api/heatmap/{store_id}", {
      params: { path: { store_id }, query: { page: "/" } },
    })).data,
  (got) => got.data.totals.clicks === 1 && got.data.grid.columns === 128,
);
await readUntil(
  async () =>
    (await query.GET("/api/landing-pages/{landing_page_id}/stats", {
      params: { path: { landing_page_id: "lp-typescript" }, query: { store_id } },
    })).data,
  (got) => got.data.views === 1,
);
await readUntil(
  async () =>
    (await query.GET("/api/cart-tracking/events", {
      params: { query: { storeName: "typescript.example" } },
    })).data,
  (got) => got.data[0]?.productId === "42",
);

const refused = await query.GET("/api/analytics/funnel", {
  params: { query: { store_id, from: "yesterday" } },
});
assert.equal(refused.response.status, 400);
assert.equal((refused.error as { details?: { field: string } }).details!.field, "from");
// A request for a replay needs no more than which letters.
const replay = await query.POST("/api/dead-letters/replay", {
  body: { all: true, dry_run: true },
});
assert.equal(replay.data!.data.sent, 0);
console.log("all read");
