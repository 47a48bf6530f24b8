import type { PlanQuestion } from "../queries";
import { type Draft, numberOf, pointsOfPercent, sumOfWeights } from "./draft";

/** The parameters of the plan request; null if the API cannot plan such a test. */
export function questionOf(draft: Draft, perDay: string): PlanQuestion | null {
  const metric = draft.metrics.find((one) => one.key === draft.primary);
  const isRevenue = metric?.kind === "sum" && metric.source.trim() === "purchase";
  if (!metric || !(metric.kind === "binary" || isRevenue) || !metric.source.trim()) return null;
  const effect = numberOf(draft.effect);
  const [power, alpha, window] = [numberOf(draft.power), numberOf(draft.alpha), numberOf(draft.window_hours)];
  const traffic = pointsOfPercent(draft.traffic);
  if (!effect || power === null || alpha === null || window === null || !traffic) return null;
  const control = draft.variants.find((one) => one.is_control);
  const others = draft.variants.filter((one) => one !== control);
  const weights = [control, ...others].map((one) => (one && pointsOfPercent(one.weight)) || 0).filter((one) => one > 0);
  if (weights.length < 2 || sumOfWeights(draft.variants) !== 10_000) return null;
  const baseline = numberOf(draft.baseline);
  const visitors = numberOf(perDay);
  return {
    metric: isRevenue ? "revenue" : "share",
    source: metric.source.trim(),
    effect: effect / 100,
    power,
    alpha,
    window_hours: window,
    traffic,
    split: weights.join("/"),
    ...(baseline !== null && !isRevenue ? { baseline: baseline / 100 } : {}),
    ...(visitors !== null && visitors > 0 ? { visitors_per_day: visitors } : {}),
  };
}
