import { expect, test } from "vitest";
import { addDays, dayOf } from "~/format/time";
import { bucketsOfDays } from "./days";
import { type Bucket, axisOf, labelled, longLabel, shortLabel } from "./model";

const hours = (count: number): Bucket[] =>
  Array.from({ length: count }, (_, place) => ({ start: Date.parse("2026-11-22T00:00:00Z") + place * 3_600_000, isComplete: true }));

test("labels never stand closer than their room", () => {
  for (const width of [300, 700, 1200]) {
    const places = labelled(hours(168), "hour", "UTC", width);
    for (let next = 1; next < places.length; next += 1) {
      expect(((places[next]! - places[next - 1]!) * width) / 168).toBeGreaterThanOrEqual(54);
    }
    expect(places.length).toBeGreaterThan(0);
  }
});

test("a tooltip names both ends of the hour and the zone", () => {
  expect(longLabel({ start: "2026-11-25T20:00:00Z", isComplete: true }, "hour", "UTC")).toBe("Wed 25 Nov, 20:00–21:00 UTC");
  expect(shortLabel({ start: "2026-11-25T00:00:00Z", isComplete: true }, "day", "UTC", 7)).toBe("Wed 25");
});

test("each hour of the night in which clocks are put back has a name of its own", () => {
  const night = Array.from({ length: 5 }, (_, place) => ({ start: Date.parse("2026-10-24T23:00:00Z") + place * 3_600_000, isComplete: true }));
  expect(night.map((bucket) => longLabel(bucket, "hour", "Europe/Berlin").replace(" Europe/Berlin", ""))).toEqual([
    "Sun 25 Oct, 01:00–02:00",
    "Sun 25 Oct, 02:00–03:00 GMT+2",
    "Sun 25 Oct, 02:00–03:00 GMT+1",
    "Sun 25 Oct, 03:00–04:00",
    "Sun 25 Oct, 04:00–05:00",
  ]);
  expect(longLabel({ start: "2026-03-29T00:00:00Z", isComplete: true }, "hour", "Europe/Berlin")).toBe("Sun 29 Mar, 01:00–03:00 Europe/Berlin");
});

test.each(["America/Toronto", "Europe/London", "Africa/Cairo", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago"])("days are neither lost nor doubled as clocks change in %s", (zone) => {
  const days = Array.from({ length: 370 }, (_, day) => addDays("2026-01-01", day));
  const buckets = bucketsOfDays(days, zone, Date.parse("2027-06-01T00:00:00Z"));
  expect(buckets.map((bucket) => dayOf(bucket.start, zone))).toEqual(days);
});

test("the axis ends close above every value, in steps of 1, 2, 2.5 or 5", () => {
  for (const most of [0, 1, 3, 7, 11, 22, 26, 52, 99, 101, 187, 999, 1001, 100_001, 2_147_483_648, 9_007_199_254_740_991]) {
    const { top, ticks } = axisOf([most, null]);
    expect(top).toBeGreaterThanOrEqual(most);
    expect(top).toBeLessThanOrEqual(Math.max(4, most * 1.7));
    const step = ticks[1]!;
    expect([1, 2, 2.5, 5]).toContain(Number((step / 10 ** Math.floor(Math.log10(step))).toPrecision(3)));
    expect(ticks).toEqual(ticks.map((_, line) => Number((line * step).toPrecision(12))));
    expect(ticks.at(-1)).toBe(top);
    expect(step % 1).toBe(0);
  }
  expect(axisOf([23]).ticks).toEqual([0, 5, 10, 15, 20, 25]);
  expect(axisOf([52]).ticks).toEqual([0, 20, 40, 60]);
});

test("axes of shares have whole percents", () => {
  expect(axisOf([0.031], true).ticks).toEqual([0, 0.01, 0.02, 0.03, 0.04]);
  expect(axisOf([0.334], true).ticks).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(axisOf([1], true).top).toBe(1);
});

test("days of hours are labelled where no hour begins at midnight, and where midnight is left out", () => {
  // India is half an hour beside the hours of UTC; in Cairo, 24 April 2026 began at 01:00.
  for (const [zone, first, days] of [["Asia/Kolkata", "2026-11-21T18:00:00Z", 7], ["Africa/Cairo", "2026-04-20T22:00:00Z", 7]] as const) {
    const buckets = Array.from({ length: 24 * 7 }, (_, place) => ({ start: Date.parse(first) + place * 3_600_000, isComplete: true }));
    const names = labelled(buckets, "hour", zone, 1200).map((place) => shortLabel(buckets[place]!, "hour", zone, buckets.length));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(days - 1);
  }
});
