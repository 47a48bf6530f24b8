/** Tests in words: states, verdicts, guards, figures. The verdict's sentence comes from the API. */

import { UNKNOWN, formatCount, formatPercent } from "~/format/numbers";
import { formatMoney } from "~/format/money";
import { daysBetween, formatDay, formatIsoDay } from "~/format/time";
import type { Tone } from "~/parts/badge";
import type { Judged, MetricResult, Reported, Results, Status, Verdict } from "./queries";

export const STATUS_TONES: Record<Status, Tone> = { draft: "neutral", running: "ok", paused: "warn", completed: "neutral", archived: "neutral" };

export type Outcome = Verdict["outcome"];

export const OUTCOME_TONES: Record<Outcome, Tone> = { better: "ok", worse: "bad", invalid: "bad", no_difference: "neutral", collecting: "neutral", not_yet: "neutral" };

/** "+6.1%", "−2.0%". */
export function formatLift(share: number | null | undefined, digits = 1): string {
  if (share == null || !Number.isFinite(share)) return UNKNOWN;
  const text = (Math.abs(share) * 100).toFixed(digits);
  return Number(text) === 0 ? `${text}%` : `${share < 0 ? "−" : "+"}${text}%`;
}

/** A metric's figure: a rate, a mean, or money per visitor. */
export function formatValue(value: number | null | undefined, metric: Pick<MetricResult, "kind" | "currency">): string {
  if (value == null) return UNKNOWN;
  if (metric.kind === "binary") return formatPercent(value, 2);
  if (metric.currency && metric.kind !== "count") return formatMoney(value.toFixed(2), metric.currency);
  return value.toFixed(Math.abs(value) < 1 ? 4 : 2).replace("-", "−");
}

/** A difference of a metric's figures, with its unit. */
export function formatDifference(value: number | null | undefined, metric: Pick<MetricResult, "kind" | "currency">): string {
  if (value == null) return UNKNOWN;
  if (metric.kind === "binary") return `${signOf(value)}${Math.abs(value * 100).toFixed(2)} pt`;
  return `${signOf(value)}${formatValue(Math.abs(value), metric)}`;
}

function signOf(value: number): string {
  return value < 0 ? "−" : value > 0 ? "+" : "";
}

const REASONS: Record<string, string> = {
  no_units: "there are no visitors yet",
  too_few_units: "there are too few visitors",
  zero_variance: "all visitors are alike so far",
  control_zero: "the control has none, so no share of it can be told",
  control_mean_not_positive: "the control’s mean is not above 0, so no share of it can be told",
  control_near_zero: "the control is too near to 0, so no share of it can be told",
  zero_denominator: "nobody has what it is divided by",
  no_pre_period: "too few visitors did anything before the test",
  expected_below_5: "too few are expected",
};

/** Why a figure is missing. */
export function reasonWords(reason: string | null | undefined): string {
  if (!reason) return "It is not known yet";
  return `Not known: ${REASONS[reason] ?? reason.replaceAll("_", " ")}`;
}

/** The metric that decides. */
export function primaryOf(results: Results): MetricResult | undefined {
  return results.metrics.find((one) => one.is_primary);
}

/** The comparison that a list shows: of the leader, else of the first variant; null if nothing can be
 * trusted. */
export function mainComparison(results: Results): Judged | null {
  if (results.verdict.outcome === "invalid") return null;
  const compared = primaryOf(results)?.variants.filter((one) => one.compared) ?? [];
  const shown = compared.find((one) => one.variant_id === results.verdict.leader) ?? compared[0];
  return shown?.is_enough ? (shown.compared?.always_valid ?? null) : null;
}

/** Visitors of a test until now, over all variants. */
export function visitorsOf(results: Results): number {
  return results.variants.reduce((sum, one) => sum + one.so_far, 0);
}

/** Days from the beginning of a phase until now or its end. */
export function daysOf(results: Results): number {
  return Math.max(1, daysBetween(results.started_at.slice(0, 10), (results.ended_at ?? results.as_of).slice(0, 10)) + 1);
}

/** A verdict in a few words, for a list. */
export function shortVerdict({ results, status, winner }: Pick<Reported, "results" | "status" | "winner">): string {
  const { verdict } = results;
  const metric = primaryOf(results)?.metric ?? "";
  const nameOf = (id: string | null) => results.variants.find((one) => one.variant_id === id)?.name ?? id ?? "";
  const span = spanOf(mainComparison(results));
  const declared = winner !== null ? `${nameOf(winner)} was declared the winner. ` : status === "completed" ? "Ended without a winner. " : "";
  switch (verdict.outcome) {
    case "better":
      return `${declared}${nameOf(verdict.leader)} is better on ${metric}${span}`;
    case "worse":
      return `${declared}Worse on ${metric}${span}`;
    case "invalid":
      return `${declared}Cannot be trusted: ${results.split.split.status === "fail" ? "the split is off" : "visitors saw several variants"}`;
    case "no_difference":
      return `${declared}No difference found on ${metric}${span}`;
    case "collecting":
      return `${declared}Too early: ${missingWords(results)}`;
    case "not_yet":
      return `${declared}Not decided yet${span}`;
  }
}

function spanOf(judged: Judged | null): string {
  const interval = judged?.comparison.lift.interval;
  return interval ? `: ${formatLift(interval.low, 0)} to ${formatLift(interval.high, 0)}` : "";
}

/** A reason against declaring a winner now; null if there is none. */
export function warningOf({ verdict }: Pick<Results, "verdict">): string | null {
  switch (verdict.outcome) {
    case "better":
    case "worse":
      return null;
    case "invalid":
      return "These results cannot be trusted. A winner that is declared now rests on nothing.";
    case "no_difference":
      return "No difference was found. A winner that is declared now is a choice of yours, not of the test.";
    case "collecting":
    case "not_yet":
      return "It is too early. A winner that is declared now may have won by chance.";
  }
}

/** What is missing first, in a few words. */
export function missingWords(results: Results): string {
  const need = results.verdict.missing[0];
  if (!need) return "nothing can be compared";
  const [have, want] = [formatCount(Math.floor(need.have)), formatCount(need.want)];
  if (need.what === "running_hours") return `${have} of ${want} hours`;
  if (need.what === "mature_units") return `${have} of ${want} visitors whose time is over`;
  if (need.what === "planned_units") return `${have} of the planned ${want} visitors`;
  return need.what === "converters" ? "too few did it" : "too few did not do it";
}

/** When everything that is missing is expected; null if no date can be given. */
export function expectedWords(verdict: Verdict, zone: string): string | null {
  const dates = verdict.missing.map((one) => one.expected_at);
  if (dates.length === 0 || dates.some((one) => one === null)) return null;
  return `At the pace of the last days that is expected by ${formatDay((dates as string[]).sort().at(-1)!, zone)}.`;
}

export interface Guard {
  id: string;
  name: string;
  text: string;
  state: "ok" | "waits" | "bad" | "told";
}

const FEWEST = 150;
const HOURS = 72;

/** The conditions of a verdict, with their current state. */
export function guardsOf(results: Results, lastPhase: number, zone: string): Guard[] {
  const { split, multiple, variants, running_hours } = results;
  const weighted = variants.filter((one) => one.expected_share > 0);
  const all = weighted.reduce((sum, one) => sum + one.so_far, 0);
  const shares = weighted.map((one) => (all ? ((one.so_far / all) * 100).toFixed(1) : UNKNOWN)).join(" / ");
  const least = Math.min(...weighted.map((one) => one.mature));
  const p = split.split.p_value;
  return [
    {
      id: "split",
      name: split.split.status === "fail" ? "The split is off" : "Split as planned",
      text: all === 0 ? "no visitors yet" : `${shares}%${p === null ? "" : `, ${pWords(p)}`}${split.since ? `, since ${formatIsoDay(split.since)}` : ""}`,
      state: split.split.status === "fail" ? "bad" : split.split.status === "pass" ? "ok" : "waits",
    },
    {
      id: "multiple",
      name: multiple.fails ? "Several variants seen" : "One variant each",
      text: multiple.share === null ? "no visitors yet" : `${formatPercent(multiple.share)} saw several, limit 1%`,
      state: multiple.fails ? "bad" : multiple.share === null ? "waits" : "ok",
    },
    {
      id: "enough",
      name: least >= FEWEST ? "Enough visitors" : "Too few visitors yet",
      text: `${formatCount(weighted.length ? least : 0)} whose time is over in the smallest, ${FEWEST} needed`,
      state: least >= FEWEST ? "ok" : "waits",
    },
    {
      id: "long",
      name: running_hours >= HOURS ? "Long enough" : "Not long enough yet",
      text: `${formatCount(Math.floor(running_hours / 24))} days and ${Math.floor(running_hours % 24)} h, 3 days needed`,
      state: running_hours >= HOURS ? "ok" : "waits",
    },
    {
      id: "phase",
      name: `Phase ${results.phase} of ${lastPhase}`,
      text: `since ${formatDay(results.started_at, zone)}${results.ended_at ? `, ended ${formatDay(results.ended_at, zone)}` : ""}`,
      state: "told",
    },
  ];
}

export function pWords(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(p < 0.01 ? 3 : 2)}`;
}
