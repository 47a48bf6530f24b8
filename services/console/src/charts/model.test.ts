import { expect, test } from "vitest";
import { type Bucket, labelled, longLabel, roundTop, shortLabel } from "./model";

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

test("the axis ends above every value, in quarters that are whole", () => {
  for (const most of [0, 1, 3, 7, 99, 187, 100_001]) {
    const top = roundTop([most, null]);
    expect(top).toBeGreaterThanOrEqual(most);
    expect(top % 4).toBe(0);
  }
  expect(roundTop([0.031], true)).toBeCloseTo(0.04);
});
