import { useId } from "react";
import { formatCount, formatTick, formatWholePercent } from "~/format/numbers";
import { Axes, HatchPattern } from "./axes";
import { Chart, MARGIN, type Plot } from "./chart";
import type { LineChartProps } from "./line_chart";
import { type Series, axisOf } from "./model";

const LEFT = 44;
const WIDEST = 64;

/** Stacked parts of a whole by bucket; an earlier period is a dotted line over them. */
export function BarChart(props: LineChartProps) {
  return (
    <Chart {...props} format={props.format ?? formatCount} left={LEFT}>
      {(plot) => <Bars {...props} plot={plot} />}
    </Chart>
  );
}

function Bars({ buckets, series, grain, zone, formatAxis, isShare, plot }: LineChartProps & { plot: Plot }) {
  const hatch = useId();
  const { width, height, at } = plot;
  const parts = series.filter((one) => !one.isPrevious);
  const earlier = series.find((one) => one.isPrevious);
  const wholes = buckets.map((_, place) => sumAt(parts, place));
  const axis = axisOf([...wholes, ...(earlier?.values ?? [])], isShare);
  const bottom = height - MARGIN.bottom;
  const step = (width - LEFT - MARGIN.right) / buckets.length;
  const bar = Math.min(WIDEST, Math.max(1, step * 0.72));
  const y = (value: number) => bottom - (value / axis.top) * (bottom - MARGIN.top);
  return (
    <>
      <defs>
        {parts.map((one) => (
          <HatchPattern key={one.id} id={`${hatch}-${one.id}`} color="var(--surface)" />
        ))}
      </defs>
      <Axes buckets={buckets} grain={grain} zone={zone} width={width} height={height} left={LEFT} axis={axis} format={formatAxis ?? (isShare ? formatWholePercent : formatTick)} />
      {at !== null && <rect x={LEFT + at * step} y={MARGIN.top} width={step} height={bottom - MARGIN.top} fill="var(--hover)" />}
      {buckets.map((bucket, place) => {
        const x = LEFT + place * step + (step - bar) / 2;
        let base = 0;
        return (
          <g key={String(bucket.start)}>
            {parts.map((one) => {
              const value = one.values[place] ?? 0;
              const [y0, y1] = [y(base), y(base + value)];
              base += value;
              if (value <= 0) return null;
              return (
                <g key={one.id}>
                  <rect x={x} y={y1} width={bar} height={y0 - y1} fill={`var(--${one.color})`} />
                  {!bucket.isComplete && <rect x={x} y={y1} width={bar} height={y0 - y1} fill={`url(#${hatch}-${one.id})`} />}
                </g>
              );
            })}
            {earlier?.values[place] != null && <line x1={x - 2} x2={x + bar + 2} y1={y(earlier.values[place]!)} y2={y(earlier.values[place]!)} stroke="var(--previous)" strokeWidth="2" strokeDasharray="2 2" />}
          </g>
        );
      })}
    </>
  );
}

function sumAt(parts: readonly Series[], place: number): number {
  return parts.reduce((sum, one) => sum + (one.values[place] ?? 0), 0);
}
