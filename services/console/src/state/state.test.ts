import { describe, expect, test } from "vitest";
import { keepSearch, searchOf } from "./last_search";
import { besideOf, bucketsOf, comparedOf, faultOfDays, moved, periodOf } from "./period";
import { changed, readSearch, sharedOf, writeSearch } from "./search";
import { sortOf } from "./sorting";

const NOW = Date.parse("2026-11-28T15:42:00Z");

describe("the URL", () => {
  test("survives a round trip, without empty choices", () => {
    const text = writeSearch({ store: "aurora", "f.stream": "cart & co", p: "", sort: "-last_seen", cur: undefined });
    expect(text).toBe("?store=aurora&f.stream=cart+%26+co&sort=-last_seen");
    expect(readSearch(text)).toEqual({ store: "aurora", "f.stream": "cart & co", sort: "-last_seen" });
  });

  test("a new choice starts the list again; an open row does not", () => {
    expect(changed({ cur: "abc", sort: "a" }, { sort: "b" })).toEqual({ sort: "b" });
    expect(changed({ cur: "abc" }, { row: "7" })).toEqual({ cur: "abc", row: "7" });
    expect(changed({ p: "7d", cur: "x" }, { p: null })).toEqual({});
  });

  test("store, period and comparison follow to other pages, filters stay", () => {
    expect(sharedOf({ store: "a", p: "28d", c: "none", "f.stream": "cart", cur: "x" })).toEqual({ store: "a", p: "28d", c: "none" });
  });
});

describe("periods", () => {
  test("presets are whole days of the store's zone, today among them", () => {
    const { period } = periodOf({}, "UTC", NOW);
    expect([period.from, period.to, period.days, period.isOpen]).toEqual(["2026-11-22", "2026-11-29", 7, true]);
    expect(periodOf({ p: "today" }, "Pacific/Auckland", NOW).period.from).toBe("2026-11-29");
    expect(periodOf({ p: "last-month" }, "UTC", NOW).period).toMatchObject({ from: "2026-10-01", to: "2026-11-01", isOpen: false });
  });

  test.each([
    [{ p: "decade" }, "period “decade”, which there is not."],
    [{ from: "2026-11-31", to: "2026-12-02" }, "from 2026-11-31 to 2026-12-02. These are not two days."],
    [{ from: "2026-11-05", to: "2026-11-05" }, "The last day lies before the first."],
    [{ from: "2016-11-05", to: "2026-11-05" }, "These are 3652 days. A period has at most 400."],
    [{ from: "<img>" }, "from <img> to none. These are not two days."],
    [{ from: "0001-01-01", to: "0001-01-05" }, "Choose days between 2000 and 2099."],
    [{ from: "9999-12-30", to: "9999-12-31" }, "Choose days between 2000 and 2099."],
  ])("a bad one is dropped and named: %o", (search, bad) => {
    const read = periodOf(search as Record<string, string>, "UTC", NOW);
    expect(read.bad).toContain(bad);
    expect(read.period.preset).toBe("7d");
  });

  test("weekday stands beside weekday, up to four weeks", () => {
    const of = (search: Record<string, string>) => comparedOf(search, periodOf(search, "UTC", NOW).period);
    expect(of({ p: "today" })).toMatchObject({ compare: "previous_weeks", days: { from: "2026-11-21", to: "2026-11-22" } });
    expect(of({ from: "2026-11-01", to: "2026-11-11" }).days).toEqual({ from: "2026-10-18", to: "2026-10-28" });
    expect(of({ p: "91d" }).compare).toBe("previous_period");
    expect(of({ p: "today", c: "previous_period" }).days).toEqual({ from: "2026-11-27", to: "2026-11-28" });
  });

  test("the period before is as long, a year before takes the same dates", () => {
    const { period } = periodOf({}, "UTC", NOW);
    expect(comparedOf({}, period).compare).toBe("previous_weeks");
    expect(comparedOf({}, period).name).toMatch(/15–21 Nov/);
    expect(comparedOf({ c: "none" }, period)).toEqual({ choice: "none", compare: undefined, name: null, days: null });
    expect(moved(period, -1)).toEqual({ from: "2026-11-15", to: "2026-11-22" });
  });

  test("each day stands beside one of the days that it is compared with", () => {
    const { period } = periodOf({ from: "2028-02-27", to: "2028-03-02" }, "UTC", NOW);
    expect(comparedOf({}, period).days).toEqual({ from: "2028-02-20", to: "2028-02-24" });
    expect(besideOf("2028-03-01", period, "previous_weeks")).toBe("2028-02-23");
    expect(besideOf("2028-03-01", period, "previous_period")).toBe("2028-02-26");
    expect(besideOf("2028-02-29", period, "previous_year")).toBe("2027-02-28");
    expect(besideOf("2028-02-29", period, "none")).toBeNull();
  });

  test("hours up to three days, on request up to fourteen", () => {
    const of = (p: string) => bucketsOf(periodOf({ p }, "UTC", NOW).period);
    expect(of("today")).toEqual({ standard: "hour", choices: ["hour", "day"] });
    expect(of("7d")).toEqual({ standard: "day", choices: ["hour", "day"] });
    expect(of("91d")).toEqual({ standard: "day", choices: ["day"] });
  });
});

test("days that the API refuses are refused before they are asked for", () => {
  expect(faultOfDays("2026-01-01", "2026-01-31")).toBeNull();
  expect(faultOfDays("2025-01-01", "2026-02-04")).toBeNull();
  expect(faultOfDays("2025-01-01", "2026-02-05")).toBe("These are 401 days. A period has at most 400.");
  expect(faultOfDays("2026-01-02", "2026-01-01")).toBe("The last day lies before the first.");
  expect(faultOfDays("", "2026-01-01")).toBe("Choose a first and a last day.");
});

describe("what a page was asked last", () => {
  test("comes back with the filters and the order, and the place in the list while the period is the same", () => {
    keepSearch("/carts", "a", { p: "28d", "f.image": "none", sort: "-product", cur: "x", row: "r", do: "make" });
    expect(searchOf("/carts", "a", { p: "28d", "f.stream": "cart" })).toEqual({ p: "28d", "f.image": "none", sort: "-product", cur: "x" });
    expect(searchOf("/carts", "a", { p: "7d" })).toEqual({ p: "7d", "f.image": "none", sort: "-product" });
  });

  test("is of one store and one page", () => {
    keepSearch("/carts", "a", { "f.product": "p-1" });
    expect(searchOf("/carts", "b", { store: "b" })).toEqual({ store: "b" });
    expect(searchOf("/users", "a", { store: "a" })).toEqual({ store: "a" });
  });
});

test("a list is in the order of the address, else in the one that was liked last", () => {
  const columns = ["views", "name"] as const;
  expect(sortOf(columns, "-views", "name", "-name")).toBe("name");
  expect(sortOf(columns, "-views", undefined, "-name")).toBe("-name");
  expect(sortOf(columns, "-views", "spent", null)).toBe("-views");
});
