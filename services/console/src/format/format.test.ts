import { describe, expect, test } from "vitest";
import { formatMoney, mainFirst } from "./money";
import { changeOf, formatBytes, formatCount, formatPercent, formatShort, pointsOf } from "./numbers";
import { readable, safeAddress } from "./text";
import { addDays, dayOf, daysBetween, formatAge, formatDays, formatDuration, formatSeen } from "./time";

describe("numbers", () => {
  test("unknown is a dash, zero is zero", () => {
    expect([formatCount(null), formatCount(0), formatCount(-1204)]).toEqual(["–", "0", "−1,204"]);
    expect([formatPercent(null), formatPercent(0.0311, 2), formatPercent(Number.NaN)]).toEqual(["–", "3.11%", "–"]);
    expect([formatShort(12_000), formatShort(1_284_310)]).toEqual(["12k", "1.3m"]);
  });

  test("changes name direction, and none without earlier data", () => {
    expect(changeOf(12_480, 11_604)).toEqual({ text: "+7.5%", direction: "up" });
    expect(changeOf(90, 100)).toEqual({ text: "−10%", direction: "down" });
    expect(changeOf(5, 0)).toBeNull();
    expect(pointsOf(0.0311, 0.0326)).toEqual({ text: "−0.1 pt", direction: "down" });
    expect(pointsOf(0.0304, 0.0308, 2)).toEqual({ text: "−0.04 pt", direction: "down" });
    expect(pointsOf(0.5, 0.5)).toEqual({ text: "0 pt", direction: "flat" });
  });

  test("bytes go by thousands", () => {
    expect([formatBytes(999), formatBytes(1500), formatBytes(2_000_000)]).toEqual(["999 B", "1.5 kB", "2 MB"]);
  });
});

describe("money", () => {
  test("no digit passes through a float", () => {
    expect(formatMoney("90071992547409931.25", "EUR")).toBe("€90,071,992,547,409,931.25");
    expect(formatMoney("-12.50", "USD")).toBe("−$12.50");
  });

  test("an unknown currency stands beside the amount", () => {
    expect(formatMoney("12.50", "not a code")).toBe("12.50 not a code");
    expect(formatMoney(null, "EUR")).toBe("–");
  });

  test("the store's own currency comes first", () => {
    const rows = [
      { currency: "USD", amount: "900" },
      { currency: "EUR", amount: "10" },
      { currency: "GBP", amount: "950" },
    ];
    expect(mainFirst(rows, "EUR").map((row) => row.currency)).toEqual(["EUR", "GBP", "USD"]);
  });
});

describe("time", () => {
  test("days are those of the zone", () => {
    expect(dayOf("2026-11-28T23:30:00Z", "Europe/Berlin")).toBe("2026-11-29");
    expect(dayOf("2026-11-28T23:30:00Z", "America/New_York")).toBe("2026-11-28");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(daysBetween("2026-03-01", "2026-04-01")).toBe(31);
  });

  test("periods print their first and last day", () => {
    const year = new Date().getUTCFullYear();
    expect(formatDays(`${year}-11-22`, `${year}-11-29`)).toBe("22–28 Nov");
    expect(formatDays(`${year}-10-28`, `${year}-11-04`)).toBe("28 Oct – 3 Nov");
    expect(formatDays("2019-12-28", "2020-01-04")).toBe("28 Dec 2019 – 3 Jan 2020");
  });

  test("durations show their two largest parts", () => {
    expect([0.412, 1.2, 72, 273_600, 59.99].map(formatDuration)).toEqual(["412 ms", "1.2 s", "1 min 12 s", "3 d 4 h", "1 min"]);
  });

  test("ages and moments", () => {
    const now = Date.parse("2026-11-28T15:42:08Z");
    expect(formatAge("2026-11-28T15:42:00Z", now)).toBe("8 s ago");
    expect(formatAge("2026-11-28T15:00:00Z", now)).toBe("42 min ago");
    expect(formatSeen("2026-11-28T15:42:00Z", "UTC", now)).toBe("15:42 today");
    expect(formatSeen("2026-10-03T15:42:00Z", "UTC", now)).toBe("3 Oct");
  });
});

describe("text of others", () => {
  test("what cannot be seen is written out", () => {
    expect(readable("a\u202Eb\u200Bc\u0000")).toBe("a[U+202E]b[U+200B]c[U+0000]");
    expect(readable("👩\u200D👧")).toBe("👩\u200D👧");
  });

  test("long words are cut and say how long they are", () => {
    expect(readable("x".repeat(10_000))).toBe(`${"x".repeat(2000)}… (10000 characters)`);
  });

  test("only web addresses may be opened", () => {
    expect([safeAddress("javascript:alert(1)"), safeAddress("data:text/html,x"), safeAddress("nonsense")]).toEqual([null, null, null]);
    expect(safeAddress("https://shop.example/a b")).toBe("https://shop.example/a%20b");
  });
});
