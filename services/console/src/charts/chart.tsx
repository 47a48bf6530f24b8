import { Table2 } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useState } from "react";
import { IconButton } from "~/parts/button";
import { type Bucket, type Grain, type Series, longLabel } from "./model";
import { useWidth } from "./size";

export interface Plot {
  width: number;
  height: number;
  /** The bucket under the pointer or the arrow keys. */
  at: number | null;
}

interface ChartProps {
  title: string;
  /** What the chart shows, in one sentence with its result. */
  sentence: string;
  buckets: readonly Bucket[];
  series: readonly Series[];
  grain: Grain;
  zone: string;
  format: (value: number | null) => string;
  height?: number;
  controls?: ReactNode;
  /** Below the chart: what is incomplete, and what is left out. */
  note?: ReactNode;
  /** Room on the left for the axis. */
  left?: number;
  children: (plot: Plot) => ReactNode;
}

export const MARGIN = { top: 8, right: 8, bottom: 24 };

/** The frame of every chart: title, legend, drawing, tooltip, and the same data as a table. */
export function Chart(props: ChartProps) {
  const { title, series, controls, note } = props;
  const [isTable, setTable] = useState(false);
  const heading = useId();
  return (
    <figure aria-labelledby={heading} className="min-w-0 px-4 py-3">
      <div className="mb-2 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-1">
        <figcaption id={heading} className="font-semibold">
          {title}
        </figcaption>
        <Legend series={series} />
        <span className="ml-auto flex items-center gap-1">
          {controls}
          <IconButton
            size="small"
            name={isTable ? `Show “${title}” as a chart` : `Show “${title}” as a table`}
            aria-pressed={isTable}
            icon={<Table2 aria-hidden="true" size={15} />}
            onClick={() => setTable(!isTable)}
          />
        </span>
      </div>
      {isTable ? <ChartTable {...props} /> : <Drawing {...props} onTable={() => setTable(true)} />}
      {note && <p className="mt-1 text-sm text-ink3">{note}</p>}
    </figure>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  if (series.length < 2) return null;
  return (
    <ul className="flex flex-wrap gap-x-3 text-sm text-ink2">
      {series.map((one) => (
        <li key={one.id} className="flex items-center gap-1.5">
          <Swatch series={one} />
          {one.name}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ series }: { series: Series }) {
  return (
    <svg aria-hidden="true" width="14" height="4" className="shrink-0">
      <line x1="0" x2="14" y1="2" y2="2" stroke={`var(--${series.color})`} strokeWidth={series.isPrevious ? 2 : 3} strokeDasharray={series.isPrevious ? "2 2" : undefined} />
    </svg>
  );
}

function Drawing({ onTable, ...props }: ChartProps & { onTable: () => void }) {
  const { buckets, sentence, height = 240, left = 40, children } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const inner = Math.max(0, width - left - MARGIN.right);
  const place = (x: number) => Math.min(buckets.length - 1, Math.max(0, Math.floor(((x - left) / Math.max(1, inner)) * buckets.length)));
  function onKeyDown(event: KeyboardEvent) {
    const now = at ?? buckets.length;
    const next = { ArrowLeft: now - 1, ArrowRight: at === null ? 0 : now + 1, Home: 0, End: buckets.length - 1 }[event.key];
    if (next !== undefined) setAt(Math.min(buckets.length - 1, Math.max(0, next)));
    else if (event.key === "Enter") onTable();
    else if (event.key === "Escape" && at !== null) setAt(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div ref={box} className="relative" style={{ height }}>
      <div
        role="img"
        tabIndex={0}
        aria-label={`${sentence} Arrow keys go from value to value, Enter shows the table.`}
        className="h-full rounded-badge focus-visible:outline-offset-0"
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onPointerDown={(event) => setAt(place(event.nativeEvent.offsetX))}
        onPointerMove={(event) => setAt(place(event.nativeEvent.offsetX))}
        onPointerLeave={(event) => isMouse(event) && setAt(null)}
      >
        {width > 0 && buckets.length > 0 && (
          <svg aria-hidden="true" width={width} height={height} className="pointer-events-none block">
            {children({ width, height, at })}
          </svg>
        )}
      </div>
      {at !== null && buckets[at] && <Tooltip {...props} at={at} x={left + ((at + 0.5) / buckets.length) * inner} width={width} />}
    </div>
  );
}

/** Touch pointers leave after each tap: what a tap selected stays until the next tap. */
function isMouse({ pointerType }: PointerEvent): boolean {
  return pointerType === "mouse";
}

function Tooltip({ buckets, series, grain, zone, format, at, x, width }: ChartProps & { at: number; x: number; width: number }) {
  const isRight = x > width / 2;
  const bucket = buckets[at]!;
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none absolute top-2 z-20 w-max max-w-[min(16rem,70%)] rounded-panel bg-raised px-3 py-2 text-sm shadow-float"
      style={isRight ? { right: width - x + 12 } : { left: x + 12 }}
    >
      <p className="font-medium">{longLabel(bucket, grain, zone)}</p>
      {series.map((one) => (
        <p key={one.id} className="mt-0.5 flex items-center gap-2 text-ink2">
          <Swatch series={one} />
          <span className="mr-auto">{one.name}</span>
          <span className="pl-4 font-medium text-ink">{format(one.values[at] ?? null)}</span>
        </p>
      ))}
      {!bucket.isComplete && <p className="mt-0.5 text-warn">not over yet</p>}
    </div>
  );
}

function ChartTable({ title, buckets, series, grain, zone, format, height = 240 }: ChartProps) {
  return (
    <div tabIndex={0} role="region" aria-label={`${title}, as a table`} className="relative overflow-auto" style={{ height }}>
      <table className="w-full text-sm">
        <thead className="sticky top-0 bg-surface text-left text-ink3">
          <tr>
            <th scope="col" className="py-1 font-medium">
              {grain === "hour" ? "Hour" : grain === "week" ? "Week" : grain === "second" ? "Second" : "Day"}
            </th>
            {series.map((one) => (
              <th key={one.id} scope="col" className="py-1 text-right font-medium">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket, place) => (
            <tr key={String(bucket.start)} className="border-t border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {longLabel(bucket, grain, zone)}
                {!bucket.isComplete && <span className="text-warn"> · not over</span>}
              </th>
              {series.map((one) => (
                <td key={one.id} className="py-1 text-right">
                  {format(one.values[place] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
