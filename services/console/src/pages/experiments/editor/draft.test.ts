import { describe, expect, test } from "vitest";
import { type Draft, beginsPhase, emptyDraft, evenWeights, givenOf, listOf, newMetric, pointsOfPercent, sumOfWeights, textOf } from "./draft";
import { faultsOf } from "./faults";
import { questionOf } from "./planning_question";
import { plainOf, valueOf } from "./values";

function draft(changes: Partial<Draft> = {}): Draft {
  return { ...emptyDraft(), name: "Green button", ...changes };
}

describe("weights", () => {
  test.each([
    ["40.00", 4000],
    ["33,34", 3334],
    ["0", 0],
    ["100", 10_000],
    ["100.01", null],
    ["33.333", null],
    ["-1", null],
    ["", null],
    ["1e1", null],
  ])("%s is %s", (text, points) => {
    expect(pointsOfPercent(text)).toBe(points);
  });

  test("even ones add up to the whole", () => {
    for (const count of [2, 3, 6, 7, 9]) {
      const weights = evenWeights(count).map((one) => pointsOfPercent(one)!);
      expect(weights.reduce((a, b) => a + b)).toBe(10_000);
      expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(1);
    }
  });

  test("that do not add up are named as the API names them", () => {
    const begun = draft();
    const variants = begun.variants.map((one) => ({ ...one, weight: "45" }));
    expect(sumOfWeights(variants)).toBe(9000);
    expect(faultsOf({ ...begun, variants }).variants).toMatch(/^have weights that add up to 9000, not to 10000/);
    const all = begun.variants.map((one, place) => ({ ...one, weight: place ? "0" : "100" }));
    expect(faultsOf({ ...begun, variants: all }).variants).toBe("give all visitors to the control: nothing is compared");
    const none = begun.variants.map((one, place) => ({ ...one, weight: place ? "100" : "0" }));
    expect(faultsOf({ ...begun, variants: none })["variants.0.weight"]).toBe("is 0: results are held against the control");
  });
});

describe("faults", () => {
  test("a whole draft has none, an empty one lacks its name", () => {
    expect(faultsOf(draft())).toEqual({});
    expect(faultsOf(emptyDraft())).toEqual({ name: "must have 1 to 200 characters" });
  });

  test("name the field and the reason", () => {
    const begun = draft();
    const revenue = { ...newMetric("revenue", "purchase"), kind: "sum" as const };
    const ratio = { ...newMetric("per_order", ""), kind: "ratio" as const, numerator: "nothing" };
    const wrong = draft({
      variants: begun.variants.map((one) => ({ ...one, variant_id: "a b", overrides: { buy: { position: -1, props: { aspect_ratio: "9:16" } } } })),
      metrics: [revenue, { ...revenue, key: 99 }, ratio],
      countries: "Germany",
      group: { group_id: "x", start: "10", end: "10" },
      traffic: "0",
      window_hours: "1.5",
    });
    expect(faultsOf(wrong)).toMatchObject({
      "variants.0.variant_id": "must be 1 to 64 letters, digits, _ or -",
      "variants.1.slot_overrides.buy.position": "must be 0 to 10000",
      "variants.1.slot_overrides.buy.props.aspect_ratio": "must be one of 1:1, 4:5, 3:4, 2:3",
      "metrics.0.currency": "is required: amounts of two are never added up",
      "metrics.1.key": "stands twice",
      "metrics.2.numerator": "is the key of no other metric",
      "metrics.2.denominator": "Field is required",
      "targeting.countries": "must be ISO 3166 codes of two letters, such as DE",
      "group.end": "is not above start",
      traffic: "must be 0.01% to 100%",
      window_hours: "must be a whole number, 1 to 720",
    });
  });
});

describe("what is sent", () => {
  test("is what the API takes", () => {
    const given = givenOf(draft({ countries: "pt, ES", page_types: "product", utm: { source: "mail, letter", medium: "" }, traffic: "12.5" }));
    expect(given.variants.map((one) => [one.variant_id, one.weight, one.is_control])).toEqual([
      ["control", 5000, true],
      ["b", 5000, false],
    ]);
    expect(given.targeting).toMatchObject({ countries: ["PT", "ES"], page_types: ["product"], utm: { source: ["mail", "letter"] } });
    expect([given.traffic, given.relative_effect, given.primary_metric]).toEqual([1250, 0.1, "bought"]);
    expect("cap" in given.metrics[0]!).toBe(false);
  });

  test("a sum says its cap, also that it has none", () => {
    const of = (cap: string) => givenOf(draft({ metrics: [{ ...newMetric("revenue", "purchase"), kind: "sum", currency: "eur", cap }] })).metrics[0];
    expect(of("")).toMatchObject({ currency: "EUR", cap: null });
    expect(of("auto")).toMatchObject({ cap: "auto" });
    expect(of("250.5")).toMatchObject({ cap: 250.5 });
  });

  test("begins a phase only where a phase would freeze it", () => {
    const before = givenOf(draft());
    expect(beginsPhase(before, givenOf(draft({ name: "Other", priority: "9", effect: "20" })))).toBe(false);
    expect(beginsPhase(before, givenOf(draft({ traffic: "50" })))).toBe(true);
    expect(beginsPhase(givenOf(draft({ traffic: "50" })), before)).toBe(false);
    expect(beginsPhase(givenOf(draft({ traffic: "50" })), givenOf(draft({ countries: "PT" })))).toBe(true);
    expect(beginsPhase(before, givenOf(draft({ window_hours: "48" })))).toBe(true);
  });

  test("is the same text whatever the order of its fields", () => {
    expect(textOf({ a: 1, b: { c: null, d: [1] } })).toBe(textOf({ b: { d: [1] }, a: 1, e: undefined }));
    expect(textOf([1, 2])).not.toBe(textOf([2, 1]));
  });
});

test("a plan is asked with control first, and only where the API can make one", () => {
  const begun = draft();
  const [control, b] = begun.variants as [Draft["variants"][0], Draft["variants"][0]];
  const turned = { ...begun, variants: [{ ...b, weight: "20" }, { ...control, weight: "80" }] };
  expect(questionOf(turned, "740")).toMatchObject({ split: "8000/2000", metric: "share", source: "purchase", effect: 0.1, visitors_per_day: 740, traffic: 10_000 });
  expect(questionOf({ ...turned, metrics: [{ ...begun.metrics[0]!, kind: "count" }] }, "")).toBeNull();
  expect(questionOf({ ...turned, effect: "" }, "")).toBeNull();
  expect(questionOf({ ...turned, variants: [control, { ...b, weight: "49" }] }, "")).toBeNull();
});

test("values of props are typed as they are meant", () => {
  expect(["3", "true", "null", '["a"]', "Buy now", '"3"', "3:4"].map(valueOf)).toEqual([3, true, null, ["a"], "Buy now", "3", "3:4"]);
  for (const value of [3, "3", "true", true, null, "Buy", '"quoted"', { a: 1 }]) expect(valueOf(plainOf(value))).toEqual(value);
  expect(listOf(" a, b\n,c ")).toEqual(["a", "b", "c"]);
});
