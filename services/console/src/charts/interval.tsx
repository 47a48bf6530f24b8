/** An interval around zero: a rounded bar, a thin line under it, a tick at the estimate. */

import type { Tone } from "~/parts/badge";

export interface Span {
  low: number;
  high: number;
}

interface IntervalProps {
  /** Half of the drawn range: from −reach to +reach. */
  reach: number;
  bar: Span | null;
  value: number | null;
  /** A second interval, thin. */
  thin?: Span | null;
  tone: Extract<Tone, "neutral" | "ok" | "bad">;
  /** What it shows, in words. */
  label: string;
}

const FILLS = { neutral: "bg-edge", ok: "bg-ok-dot", bad: "bg-bad-dot" };

/** Bounds of the scale, as shares. */
const REACHES = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2];

/** The smallest bound that shows all of these, or the widest: intervals beyond it are cut at the edge. */
export function reachOf(spans: readonly (Span | null | undefined)[]): number {
  const most = Math.max(0, ...spans.flatMap((one) => (one ? [Math.abs(one.low), Math.abs(one.high)] : [])));
  return REACHES.find((reach) => reach >= most) ?? REACHES.at(-1)!;
}

/** Positions of the scale's lines: zero, and half and the whole of the reach on both sides. */
export function ticksOf(reach: number): number[] {
  return [-1, -0.5, 0, 0.5, 1].map((step) => step * reach);
}

/** The position as a share of the width, 0 to 1. */
export function placeOn(value: number, reach: number): number {
  return Math.min(1, Math.max(0, (value / reach + 1) / 2));
}

export function IntervalBar({ reach, bar, value, thin, tone, label }: IntervalProps) {
  const at = (one: number) => `${placeOn(one, reach) * 100}%`;
  const width = ({ low, high }: Span) => `${(placeOn(high, reach) - placeOn(low, reach)) * 100}%`;
  return (
    <span role="img" aria-label={label} title={label} className="relative block h-6 w-full overflow-hidden">
      {ticksOf(reach).map((tick) => (
        <span key={tick} aria-hidden="true" style={{ left: at(tick) }} className={`absolute inset-y-0 w-px ${tick === 0 ? "bg-ink3" : "bg-line"}`} />
      ))}
      {bar && <span aria-hidden="true" style={{ left: at(bar.low), width: width(bar) }} className={`absolute top-2 h-2 min-w-px rounded-[3px] opacity-40 ${FILLS[tone]}`} />}
      {thin && <span aria-hidden="true" style={{ left: at(thin.low), width: width(thin) }} className="absolute bottom-1 h-px min-w-px bg-ink2" />}
      {bar && value !== null && <span aria-hidden="true" style={{ left: at(value) }} className={`absolute top-1.5 h-3 w-[3px] -translate-x-1/2 rounded-full ${tone === "neutral" ? "bg-ink2" : FILLS[tone]}`} />}
    </span>
  );
}
