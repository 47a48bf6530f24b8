import { describe, expect, test } from "vitest";
import { reachOf } from "~/charts/interval";
import { drawnOf } from "./drawn";
import { firstSound, pointsOf, sinceOf } from "./looks";
import { MOVES_OF, canBeEdited, nextMoveOf } from "./moves";
import type { Days, MetricOfVariant, Reported, Results } from "./queries";
import { expectedWords, formatDifference, formatLift, formatValue, guardsOf, pWords, shortVerdict, warningOf } from "./words";

const judged = (low: number, high: number, isConclusive = false) => ({
  comparison: { difference: 0.01, interval: { low: 0.001, high: 0.02 }, statistic: 2, p_value: 0.01, lift: { value: (low + high) / 2, interval: { low, high }, reason: null }, reason: null },
  adjusted_p: 0.01,
  level: 0.05,
  is_conclusive: isConclusive,
});

const COMPARED: MetricOfVariant = {
  variant_id: "b",
  so_far: {} as never,
  mature: {} as never,
  compared: {
    always_valid: judged(0.06, 0.28, true),
    fixed: judged(0.1, 0.24, true),
    bayes: { beats_control: 0.99, loss_if_chosen: 0, loss_if_kept: 0.02, difference: null, lift: { low: 0.09, high: 0.25 } },
    cuped: { theta: 1, variance_reduction: 0.18, always_valid: judged(0.08, 0.26, true), fixed: judged(0.12, 0.22, true), reason: null },
  },
  is_enough: true,
  first_conclusive_day: null,
};

function results(changes: Partial<Results> = {}): Results {
  return {
    phase: 2,
    as_of: "2026-11-28T15:00:00.000Z",
    started_at: "2026-11-05T10:00:00.000Z",
    ended_at: null,
    running_hours: 557,
    mature_until: "2026-11-24",
    alpha: 0.05,
    n_star: 5000,
    verdict: { outcome: "better", sentence: "B is better", leader: "b", missing: [], variants: [] },
    variants: [
      { variant_id: "control", name: "Control", is_control: true, expected_share: 0.5, so_far: 9_648, mature: 9_000 },
      { variant_id: "b", name: "Try-on first", is_control: false, expected_share: 0.5, so_far: 9_631, mature: 8_900 },
    ],
    metrics: [{ metric: "carts", kind: "binary", direction: "increase", is_primary: true, currency: null, cap: null, variants: [COMPARED] }],
    split: { split: { status: "pass", chi_squared: 0.1, p_value: 0.98, reason: null }, since: null },
    multiple: { units: 30, share: 0.003, fails: false },
    counts: { multi_units: 30, bot_units: 0, other_currency_events: 0, variant_mismatches: 0 },
    unknown_variant_units: 0,
    ...changes,
  };
}

const said = (changes: Partial<Results>, rest: Partial<Reported> = {}) => shortVerdict({ results: results(changes), status: "running", winner: null, ...rest });

describe("verdicts in a list", () => {
  test("say who, on what, and the interval", () => {
    expect(said({})).toBe("Try-on first is better on carts: +6% to +28%");
    expect(said({}, { status: "completed", winner: "b" })).toBe("Try-on first was declared the winner. Try-on first is better on carts: +6% to +28%");
  });

  test("say what is missing, or why none can be trusted", () => {
    const missing = [{ what: "running_hours" as const, have: 51, want: 72, variant_id: null, expected_at: "2026-11-29T13:00:00.000Z" }];
    const early = { outcome: "collecting" as const, sentence: "", leader: null, missing, variants: [] };
    expect(said({ verdict: early })).toBe("Too early: 51 of 72 hours");
    expect(expectedWords(early, "UTC")).toMatch(/expected by 29 Nov/);
    expect(expectedWords({ ...early, missing: [...missing, { ...missing[0]!, expected_at: null }] }, "UTC")).toBeNull();
    const invalid = { ...early, outcome: "invalid" as const, missing: [] };
    const off = { split: { status: "fail" as const, chi_squared: 90, p_value: 1e-9, reason: null }, since: "2026-11-20" };
    expect(said({ verdict: invalid, split: off })).toBe("Cannot be trusted: the split is off");
    const [split] = guardsOf(results({ split: off }), 2, "UTC");
    expect(split).toMatchObject({ state: "bad", name: "The split is off" });
    expect(split!.text).toContain("p < 0.001, since 20 Nov");
  });
});

test("guards say what they want and what they have", () => {
  const guards = guardsOf(results({ running_hours: 50, variants: results().variants.map((one) => ({ ...one, mature: 149 })) }), 3, "UTC");
  expect(guards.map((one) => one.state)).toEqual(["ok", "ok", "waits", "waits", "told"]);
  expect(guards[2]!.text).toBe("149 whose time is over in the smallest, 150 needed");
  expect(guards[4]!.name).toBe("Phase 2 of 3");
  expect([pWords(0.00001), pWords(0.002), pWords(0.98)]).toEqual(["p < 0.001", "p = 0.002", "p = 0.98"]);
});

test("what is drawn follows the method, and the past is of two of them alone", () => {
  expect(drawnOf(COMPARED, "always", false)).toMatchObject({ bar: { low: 0.06, high: 0.28 }, thin: { low: 0.1, high: 0.24 }, isConclusive: true });
  expect(drawnOf(COMPARED, "fixed", false)).toMatchObject({ bar: { low: 0.1, high: 0.24 }, thin: null });
  expect(drawnOf(COMPARED, "bayes", true)).toMatchObject({ bar: { low: 0.09, high: 0.25 }, isConclusive: false });
  expect(drawnOf(COMPARED, "always", true)).toMatchObject({ bar: { low: 0.08, high: 0.26 }, thin: { low: 0.12, high: 0.22 } });
  const without = { ...COMPARED, compared: { ...COMPARED.compared!, cuped: null } };
  expect(drawnOf(without, "always", true)).toMatchObject({ value: null, bar: null, reason: "no_pre_period" });
  expect([reachOf([{ low: -0.11, high: 0.28 }]), reachOf([null]), reachOf([{ low: -9, high: 9 }])]).toEqual([0.4, 0.05, 3.2]);
});

test("figures have signs, units and no zero that is negative", () => {
  const share = { kind: "binary" as const, currency: null };
  expect([formatLift(0.1744), formatLift(-0.011), formatLift(-0.0001), formatLift(null)]).toEqual(["+17.4%", "−1.1%", "0.0%", "–"]);
  expect([formatValue(0.1718, share), formatDifference(-0.0028, share)]).toEqual(["17.18%", "−0.28 pt"]);
  expect(formatValue(2.31, { kind: "sum", currency: "EUR" })).toBe("€2.31");
});

test("a lift is off zero since the day after which each look decided", () => {
  const day = (number: number, is_sound: boolean, is_conclusive: boolean) => ({
    day: `2026-11-0${number}`,
    is_sound,
    variants: [{ variant_id: "b", units: 300, is_conclusive, difference: 0.1, interval: null, lift: { value: 0.1 * number, interval: { low: 0, high: 1 }, reason: null } }],
  });
  const days = { days: [day(1, false, true), day(2, true, true), day(3, true, false), day(4, true, true), day(5, true, true)] } as unknown as Days;
  expect(sinceOf(days, "b")).toBe(3);
  expect(sinceOf(days, "c")).toBeNull();
  expect(firstSound(days)).toBe(1);
  expect(pointsOf(days, "b")[1]).toEqual({ value: 0.2, low: 0, high: 1 });
});

test("no state allows what the API refuses", () => {
  expect(MOVES_OF).toEqual({ draft: ["start", "delete"], running: ["complete", "pause"], paused: ["resume", "complete"], completed: ["archive"], archived: [] });
  expect((["draft", "running", "paused", "completed", "archived"] as const).map(canBeEdited)).toEqual([true, true, true, false, false]);
});

test("declaring a winner is next only where there is one", () => {
  expect(nextMoveOf("running", "better")).toBe("complete");
  for (const outcome of ["worse", "no_difference", "collecting", "not_yet", "invalid", undefined] as const) {
    expect(nextMoveOf("running", outcome)).toBeNull();
    expect(nextMoveOf("paused", outcome)).toBe("resume");
  }
  expect(nextMoveOf("draft", undefined)).toBe("start");
});

test.each([
  ["better", null],
  ["worse", null],
  ["no_difference", "No difference was found."],
  ["collecting", "It is too early."],
  ["not_yet", "It is too early."],
  ["invalid", "These results cannot be trusted."],
] as const)("who ends a test whose verdict is %s is warned: %s", (outcome, warning) => {
  const said = warningOf({ verdict: { outcome } as never });
  if (warning === null) expect(said).toBeNull();
  else expect(said).toContain(warning);
});
