/** Charts that fit into a row, always beside the number that they draw. */

import { line } from "d3-shape";

/** A share of the row's largest value, as a bar. */
export function ShareBar({ share, color = "s1", className = "" }: { share: number; color?: string; className?: string }) {
  const percent = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * 100;
  return (
    <span aria-hidden="true" className={`block h-1.5 overflow-hidden rounded-full bg-sunken ${className}`}>
      <span className="block h-full rounded-full" style={{ width: `${percent}%`, background: `var(--${color})` }} />
    </span>
  );
}

interface SparkProps {
  values: readonly (number | null)[];
  /** The result in words, for screen readers. */
  label: string;
  width?: number;
  height?: number;
}

/** A figure over time, without axes. */
export function Spark({ values, label, width = 64, height = 18 }: SparkProps) {
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const path = line<number | null>()
    .defined((value) => value !== null)
    .x((_, place) => (place / Math.max(1, values.length - 1)) * (width - 2) + 1)
    .y((value) => height - 2 - ((value ?? 0) / most) * (height - 4));
  return (
    <svg role="img" aria-label={label} width={width} height={height} className="inline-block">
      <path d={path([...values]) ?? ""} fill="none" stroke="var(--ink2)" strokeWidth="1.25" />
    </svg>
  );
}

interface RankedProps {
  rows: readonly { id: string; name: React.ReactNode; value: number; text: string; second?: React.ReactNode }[];
  label: string;
}

/** A short ranked list, each name over a bar to scale. */
export function Ranked({ rows, label }: RankedProps) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  return (
    <ol aria-label={label}>
      {rows.map((row) => (
        <li key={row.id} className="relative flex h-[30px] items-center gap-3 px-2">
          <span aria-hidden="true" className="absolute inset-y-[3px] left-0 rounded-badge bg-accent-soft" style={{ width: `${(row.value / most) * 58}%` }} />
          <span className="relative min-w-0 flex-1 truncate">{row.name}</span>
          <span className="relative">{row.text}</span>
          {row.second !== undefined && <span className="relative w-12 text-right text-sm text-ink3">{row.second}</span>}
        </li>
      ))}
    </ol>
  );
}
