import { expect, test } from "vitest";
import { earlierOf } from "./conversion_chart";

test("beside a day that is not over stands no day that is counted to this hour alone", () => {
  const days = ["2026-11-20", "2026-11-21"];
  const series = days.map((day) => ({ day, conversion: 0.03 })) as never;
  const buckets = [{ start: 1, isComplete: true }, { start: 2, isComplete: false }];
  expect(earlierOf(series, days, buckets)).toEqual([0.03, null]);
  expect(earlierOf(series, days, buckets.map((one) => ({ ...one, isComplete: true })))).toEqual([0.03, 0.03]);
});
