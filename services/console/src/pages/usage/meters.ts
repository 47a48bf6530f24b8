/** The meters of a month, with their figures, limits and states. */

import type { components } from "~/api/schema";
import { type Aggregation, type Span, type Standing, atEnd, standingOf } from "./forecast";
import { BUILT_IN, NOTES, figureOf, formatQuantity } from "./names";
import type { Limits, Usage } from "./queries";

export type MeterUsage = components["schemas"]["MeterUsage"];

export interface MeterFigure {
  meter: string;
  aggregation: Aggregation;
  usage: MeterUsage | undefined;
  /** The figure that limits apply to; it includes late events of closed months. */
  used: number;
  soft: number | null;
  hard: number | null;
  standing: Standing;
  /** The forecast for the end of the month; null if the month is closed or it is too early. */
  end: number | null;
}

const FINE: Standing = { tone: "ok", word: "", at: null };

/** `limits` and `span` are those of the open month; null for a closed one. */
export function figuresOf(usage: Usage, limits: Limits | null, kinds: ReadonlyMap<string, Aggregation>, span: Span | null): MeterFigure[] {
  const byMeter = new Map(usage.meters.map((one) => [one.meter, one]));
  const limited = new Map((limits?.limits ?? []).map((one) => [one.meter, one]));
  const names = [...new Set([...limited.keys(), ...BUILT_IN, ...byMeter.keys()])].filter((meter) => meter !== NOTES);
  return names.map((meter) => {
    const limit = limited.get(meter);
    const aggregation = (limit?.aggregation ?? kinds.get(meter) ?? "sum") as Aggregation;
    const own = byMeter.get(meter);
    const used = limit ? Number(limit.used) : figureOf(own, aggregation);
    const soft = limit?.soft == null ? null : Number(limit.soft);
    const hard = limit?.hard == null ? null : Number(limit.hard);
    return {
      meter,
      aggregation,
      usage: own,
      used,
      soft,
      hard,
      standing: span ? standingOf(used, { soft, hard }, aggregation, span) : FINE,
      end: span && atEnd(used, aggregation, span),
    };
  });
}

export interface NearLimit {
  value: number;
  kind: "soft" | "hard";
}

/** The next limit of a meter: the soft one until it is passed, then the hard one; null without any. */
export function nearestLimit({ used, soft, hard }: Pick<MeterFigure, "used" | "soft" | "hard">): NearLimit | null {
  if (soft !== null && (hard === null || (used < soft && soft < hard))) return { value: soft, kind: "soft" };
  return hard === null ? null : { value: hard, kind: "hard" };
}

/** "80,000 soft, 100,000 hard": both if there are two. */
export function limitsText({ meter, soft, hard }: Pick<MeterFigure, "meter" | "soft" | "hard">): string {
  return [soft !== null && `${formatQuantity(meter, soft)} soft`, hard !== null && `${formatQuantity(meter, hard)} hard`].filter(Boolean).join(", ") || "no limit";
}

const ORDER = { bad: 0, warn: 1, ok: 2 };

/** The meter that needs attention first; undefined if all are well. */
export function worstOf(figures: readonly MeterFigure[]): MeterFigure | undefined {
  const told = figures.filter((one) => one.standing.word !== "");
  return told.sort((a, b) => ORDER[a.standing.tone] - ORDER[b.standing.tone] || (a.standing.at ?? Infinity) - (b.standing.at ?? Infinity))[0];
}
