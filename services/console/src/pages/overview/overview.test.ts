import { describe, expect, test } from "vitest";
import type { Pipeline } from "~/api/pipeline";
import { promiseOf } from "~/shell/foot";
import { noteOf } from "./chart";
import { figuresOf, mainCurrency } from "./measures";
import { checksOf } from "./pipeline";
import type { Overview, Totals } from "./queries";

const totals: Totals = {
  viewed_sessions: 15_642,
  bought_sessions: 486,
  conversion: 0.03107,
  visitors: 12_480,
  new_visitors: 9_871,
  returning_visitors: 2_609,
  sessions: 15_702,
  carts: 1_940,
  carts_from_image: 1_213,
  added_sessions: 1_871,
  orders: 497,
  purchases: 3,
  revenue: [
    { currency: "EUR", sales: 497, revenue: "31207.4000", average: "62.7916" },
    { currency: "USD", sales: 40, revenue: "4118.0000", average: "102.9500" },
  ],
};
const overview: Overview = {
  status: "success",
  from: "2026-11-22T00:00:00.000Z",
  to: "2026-11-29T00:00:00.000Z",
  tz: "UTC",
  store_id: "s",
  as_of: "2026-11-28T15:42:05.118Z",
  bucket: "hour",
  totals,
  series: [],
  comparison: null,
};
const told = (data: Overview) => ({ overview: data, currency: mainCurrency(data, null), address: "/api", zone: "UTC" });

function figure(data: Overview, id: string) {
  return figuresOf(told(data)).find((one) => one.id === id)!;
}

const earlier = (of: Partial<Totals>): Overview => ({
  ...overview,
  comparison: { from: "", to: "", tz: "UTC", ends: "", series: [], totals: { ...totals, ...of } },
});

describe("figures", () => {
  test("ratios show both parts, and money every currency by itself", () => {
    expect(figure(overview, "conversion")).toMatchObject({ value: "3.11%", context: "486 of 15,642 sessions" });
    expect(figure(overview, "revenue")).toMatchObject({ value: "€31,207.40", context: "+ $4,118.00" });
  });

  test("a change has the old value beside it", () => {
    expect(figure(earlier({ visitors: 11_604 }), "visitors")).toMatchObject({
      change: { text: "+7.5%", direction: "up" },
      before: "11,604",
    });
    expect(figure(earlier({ conversion: 0.0326 }), "conversion")).toMatchObject({ change: { text: "−0.15 pt" } });
  });

  test("without earlier data none is claimed, and without a comparison nothing is said", () => {
    const nothing = { visitors: 0, sessions: 0, carts: 0, orders: 0, purchases: 0 };
    expect(figure(earlier(nothing), "visitors")).toMatchObject({ change: null, before: null });
    expect(figure(overview, "visitors").before).toBeUndefined();
  });

  test("a new visitor is not told from others where nobody counted", () => {
    const many = { ...overview, totals: { ...totals, new_visitors: null, returning_visitors: null } };
    expect(figure(many, "visitors").context).toBe("15,702 sessions");
  });

  test("the store's own currency is the large one, where it has any", () => {
    expect([mainCurrency(overview, "USD"), mainCurrency(overview, "SEK"), mainCurrency(overview, null)]).toEqual(["USD", "EUR", "EUR"]);
  });
});

test("a running hour says how much of it is counted", () => {
  const running = {
    at: "2026-11-28T15:00:00.000Z",
    ends: "2026-11-28T16:00:00.000Z",
    complete: false,
    passed: 0.7,
  } as Overview["series"][number];
  expect(noteOf({ ...overview, series: [running] }, "UTC")).toBe(
    "The hour 15:00–16:00 is not over: 42 of 60 min counted. Days and hours are UTC. Robots are left out.",
  );
  expect(noteOf({ ...overview, series: [{ ...running, complete: true }] }, "UTC")).not.toContain("not over");
});

const pipeline: Pipeline = {
  status: "success",
  as_of: "2026-11-28T15:42:05.118Z",
  scope: "all",
  this_hour: 840,
  collecting: { per_second: 38.2, week_ago: 37, rates: [], p95_ms: 6.1, refused: 0 },
  processing: { as_of: "", lag: 47, behind_seconds: 1.2, streams: [{ stream: "cart", per_second: 1, lag: 47, behind_seconds: 1.2 }] },
  destinations: [],
  dead_letters: { open: 0, more: false, new: 0, new_since: "" },
  ledger: { since: "", accepted: 1, applied: 1, duplicates: 0, dead: 0, in_flight: 0 },
  audit: { at: "2026-11-28T15:40:11.000Z", part: "ledger", balanced: true, differences: 0, findings: [] },
};
const NOW = Date.parse(pipeline.as_of);

describe("the pipeline", () => {
  test("the promise goes with the newest audit", () => {
    expect(promiseOf(pipeline, NOW).title).toBe("All events accounted for");
    expect(promiseOf({ ...pipeline, audit: { ...pipeline.audit!, balanced: false, differences: 2 } }, NOW).title).toBe("The sum is off: 2 differences");
    expect(promiseOf(pipeline, NOW + 3 * 3_600_000).title).toBe("The last audit is old");
    expect(promiseOf({ ...pipeline, audit: null }, NOW).title).toBe("No audit yet");
  });

  test("checks are words, and what is not known is said", () => {
    const [collecting, processing, letters] = checksOf(pipeline, "UTC");
    expect(collecting).toMatchObject({ value: "38.2 ev/s", detail: "p95 6.1 ms · 0 refused by limits" });
    expect(processing).toMatchObject({ value: "1.2 s behind", detail: "lag 47 events on 1 stream" });
    expect(letters).toMatchObject({ tone: "ok", value: "0 open" });
    const unknown = { ...pipeline, processing: null, collecting: { ...pipeline.collecting!, per_second: null, p95_ms: null, refused: null } };
    expect(checksOf(unknown, "UTC")[0]).toMatchObject({ value: "–", detail: "speed not known · limits not known" });
    expect(checksOf(unknown, "UTC")[1]).toMatchObject({ tone: "warn", detail: "Kafka does not answer" });
  });

  test("a destination in trouble stands by itself, the others together", () => {
    const well = { destination_id: "1", name: "ga", kind: "webhook", word: "ok", reason: "", breaker: "closed", pending: 0, more: false, probe_at: null } as const;
    const open = { ...well, destination_id: "2", name: "crm", word: "open", breaker: "open", pending: 1204, probe_at: "2026-11-28T15:42:47.118Z" } as const;
    const found = checksOf({ ...pipeline, destinations: [well, open, { ...well, destination_id: "3", name: "meta" }] }, "UTC");
    expect(found.map((one) => one.name)).toContain("Delivery · ga, meta");
    expect(found.find((one) => one.name === "Delivery · crm")).toMatchObject({ tone: "warn", value: "1,204 wait", detail: "breaker open, probe in 42 s" });
  });

  test("the key of one store is told nothing of the others", () => {
    const own = { ...pipeline, scope: "store", collecting: null, processing: null } as const;
    expect(checksOf(own, "UTC").map((one) => one.id)).toEqual(["collecting", "letters"]);
    expect(checksOf(own, "UTC")[0]).toMatchObject({ value: "840 events", detail: "this hour · about 20 a minute" });
  });
});
