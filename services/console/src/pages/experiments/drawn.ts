import type { Span } from "~/charts/interval";
import type { Method } from "./phase_picker";
import type { MetricOfVariant } from "./queries";

/** What a row draws: the lift with its interval, by the selected method. */
export interface Drawn {
  value: number | null;
  bar: Span | null;
  thin: Span | null;
  isConclusive: boolean;
  reason: string | null;
}

/** What a row draws of a comparison, by the selected method. */
export function drawnOf(one: MetricOfVariant, method: Method, hasPast: boolean): Drawn {
  const none: Drawn = { value: null, bar: null, thin: null, isConclusive: false, reason: null };
  const { compared } = one;
  if (!compared) return none;
  if (method === "bayes") {
    const bar = compared.bayes?.lift ?? null;
    const { value, reason } = compared.always_valid.comparison.lift;
    return { ...none, value, bar, reason: bar ? null : (reason ?? "zero_denominator") };
  }
  const way = hasPast ? compared.cuped : compared;
  const judged = method === "always" ? way?.always_valid : way?.fixed;
  if (!judged) return { ...none, reason: compared.cuped?.reason ?? "no_pre_period" };
  const { lift } = judged.comparison;
  return {
    value: lift.value,
    bar: lift.interval,
    thin: method === "always" ? (way?.fixed?.comparison.lift.interval ?? null) : null,
    isConclusive: judged.is_conclusive,
    reason: lift.reason ?? judged.comparison.reason,
  };
}
