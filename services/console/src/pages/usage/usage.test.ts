import { describe, expect, test } from "vitest";
import { adjustedOf } from "./adjusted";
import { atEnd, daysOfMonth, reachedAt, standingOf } from "./forecast";
import { limitsText, nearestLimit } from "./meters";
import { figureOf, formatQuantity, formatSigned, monthName } from "./names";

const DAY = 86_400_000;
const start = Date.parse("2026-11-01T00:00:00Z");
const span = { startsAt: start, endsAt: start + 30 * DAY, now: start + 15 * DAY };

describe("a forecast", () => {
  test("goes on at the pace of the month so far", () => {
    expect(atEnd(500, "sum", span)).toBe(1000);
    expect(atEnd(500, "max", span)).toBe(500);
    expect(atEnd(3, "sum", { ...span, now: start + DAY / 2 })).toBeNull();
    expect(atEnd(500, "sum", { ...span, now: span.endsAt + DAY })).toBe(500);
  });

  test("says when a limit is reached, where it is in this period", () => {
    expect(reachedAt(600, 500, "sum", span)).toBe(start + 18 * DAY);
    expect(reachedAt(1001, 500, "sum", span)).toBeNull();
    expect(reachedAt(500, 500, "sum", span)).toBe(span.now);
    expect(reachedAt(600, 500, "last", span)).toBeNull();
    expect(reachedAt(600, 0, "sum", span)).toBeNull();
  });

  test.each([
    [500, { soft: null, hard: null }, "ok", ""],
    [500, { soft: 400, hard: null }, "warn", "over its soft limit"],
    [500, { soft: 400, hard: 2000 }, "warn", "over its soft limit"],
    [500, { soft: null, hard: 800 }, "warn", "limit ahead"],
    [500, { soft: null, hard: 510 }, "bad", "limit ahead"],
    [500, { soft: null, hard: 500 }, "bad", "limit reached"],
  ] as const)("a meter at %d of %o", (used, limits, tone, word) => {
    expect(standingOf(used, limits, "sum", span)).toMatchObject({ tone, word });
  });
});

test("a month has its days", () => {
  const { days, end } = daysOfMonth("2028-02");
  expect([days.length, days[0], days.at(-1), end]).toEqual([29, "2028-02-01", "2028-02-29", "2028-03-01"]);
  expect(monthName("2026-11")).toBe("November 2026");
});

test("quantities are written as people read them", () => {
  expect(formatQuantity("event", 999_999)).toBe("999,999");
  expect(formatQuantity("event", 18_420_000)).toBe("18.42m");
  expect(formatQuantity("storage_bytes", 212e9)).toBe("212 GB");
  expect(formatQuantity("sms", 1.25)).toBe("1.25");
  expect([formatSigned("order", -1), formatSigned("order", 184), formatSigned("order", 0)]).toEqual(["−1", "+184", "0"]);
  expect(figureOf({ count: 3, sum: "12.5", max: "6", last: "1" }, "max")).toBe(6);
  expect(figureOf(undefined, "sum")).toBe(0);
});

test("what a closed month was adjusted by is told by all later ones", () => {
  const line = (for_period: string, meter: string, sum: string) => ({ for_period, meter, sum, count: 1, max_change: "2", last_change: "0" });
  const later = [{ adjustments: [line("2026-09", "event", "10"), line("2026-10", "event", "5")] }, { adjustments: [line("2026-10", "event", "-2"), line("2026-10", "order", "1")] }];
  expect(adjustedOf(later, "2026-10", "event", "sum")).toBe(3);
  expect(adjustedOf(later, "2026-10", "event", "count")).toBe(2);
  expect(adjustedOf(later, "2026-10", "event", "max")).toBe(4);
  expect(adjustedOf(later, "2026-08", "event", "sum")).toBe(0);
});

test.each([
  [500, null, null, null],
  [500, 800, null, { value: 800, kind: "soft" }],
  [500, 800, 1000, { value: 800, kind: "soft" }],
  [800, 800, 1000, { value: 1000, kind: "hard" }],
  [900, 800, null, { value: 800, kind: "soft" }],
  [500, 1200, 1000, { value: 1000, kind: "hard" }],
  [500, null, 1000, { value: 1000, kind: "hard" }],
] as const)("of %d used, with %s soft and %s hard, the next limit is told", (used, soft, hard, near) => {
  expect(nearestLimit({ used, soft, hard })).toEqual(near);
});

test("both limits are named", () => {
  expect(limitsText({ meter: "event", soft: 80_000, hard: 100_000 })).toBe("80,000 soft, 100,000 hard");
  expect(limitsText({ meter: "event", soft: null, hard: null })).toBe("no limit");
});
