import { area, line } from "d3-shape";
import { type ReactNode, useId } from "react";
import { formatCount, formatTick, formatWholePercent } from "~/format/numbers";
import { Axes, HatchPattern } from "./axes";
import { Chart, MARGIN, type Plot } from "./chart";
import { type Bucket, type Grain, type Series, axisOf } from "./model";

export interface LineChartProps {
  title: string;
  sentence: string;
  buckets: readonly Bucket[];
  series: readonly Series[];
  grain: Grain;
  zone: string;
  format?: (value: number | null) => string;
  formatAxis?: (value: number) => string;
  /** Whether values are shares of 1. */
  isShare?: boolean;
  height?: number;
  controls?: ReactNode;
  note?: ReactNode;
}

const LEFT = 44;

/** Counts over time: straight lines from zero, the earlier period dotted, incomplete buckets hatched. */
export function LineChart(props: LineChartProps) {
  const { format = formatCount } = props;
  return (
    <Chart {...props} format={format} left={LEFT}>
      {(plot) => <Lines {...props} plot={plot} />}
    </Chart>
  );
}

function Lines({ buckets, series, grain, zone, formatAxis, isShare, plot }: LineChartProps & { plot: Plot }) {
  const hatch = useId();
  const { width, height, at } = plot;
  const axis = axisOf(series.flatMap((one) => one.values), isShare);
  const bottom = height - MARGIN.bottom;
  const inner = width - LEFT - MARGIN.right;
  const x = (place: number) => LEFT + ((place + 0.5) / buckets.length) * inner;
  const y = (value: number) => bottom - (value / axis.top) * (bottom - MARGIN.top);
  const running = buckets.findIndex((one) => !one.isComplete);
  const runs = running < 0 ? width - MARGIN.right : LEFT + (running / buckets.length) * inner;
  return (
    <>
      <defs>
        <HatchPattern id={hatch} />
      </defs>
      {running >= 0 && <rect x={runs} y={MARGIN.top} width={width - MARGIN.right - runs} height={bottom - MARGIN.top} fill={`url(#${hatch})`} />}
      <Axes buckets={buckets} grain={grain} zone={zone} width={width} height={height} left={LEFT} axis={axis} format={formatAxis ?? (isShare ? formatWholePercent : formatTick)} />
      {[...series].reverse().map((one) => (
        <SeriesPath key={one.id} series={one} running={running} x={x} y={y} bottom={bottom} isFirst={one === series[0]} />
      ))}
      {at !== null && (
        <g>
          <line x1={x(at)} x2={x(at)} y1={MARGIN.top} y2={bottom} stroke="var(--ink2)" shapeRendering="crispEdges" />
          {series.map((one) => {
            const value = one.values[at];
            if (value == null) return null;
            return <circle key={one.id} cx={x(at)} cy={y(value)} r="4" fill={one.isPrevious ? "var(--surface)" : `var(--${one.color})`} stroke={one.isPrevious ? `var(--${one.color})` : "var(--surface)"} strokeWidth="1.5" />;
          })}
        </g>
      )}
    </>
  );
}

interface PathProps {
  series: Series;
  running: number;
  x: (place: number) => number;
  y: (value: number) => number;
  bottom: number;
  isFirst: boolean;
}

function SeriesPath({ series, running, x, y, bottom, isFirst }: PathProps) {
  const points = series.values.map((value, place) => ({ value, place }));
  const path = line<(typeof points)[number]>()
    .defined((one) => one.value !== null)
    .x((one) => x(one.place))
    .y((one) => y(one.value ?? 0));
  const color = `var(--${series.color})`;
  if (series.isPrevious) {
    return <path d={path(points) ?? ""} fill="none" stroke={color} strokeWidth="1.5" strokeDasharray="2 2" />;
  }
  const over = running < 0 ? points : points.slice(0, running);
  const runs = running < 0 ? [] : points.slice(Math.max(0, running - 1));
  const ground = area<(typeof points)[number]>()
    .defined((one) => one.value !== null)
    .x((one) => x(one.place))
    .y0(bottom)
    .y1((one) => y(one.value ?? 0));
  return (
    <>
      {isFirst && <path d={ground(over) ?? ""} fill={color} opacity="0.09" />}
      <path d={path(over) ?? ""} fill="none" stroke={color} strokeWidth="1.75" strokeLinejoin="round" />
      {runs.length > 1 && <path d={path(runs) ?? ""} fill="none" stroke={color} strokeWidth="1.75" strokeDasharray="4 3" />}
      {points.length === 1 && points[0]!.value !== null && <circle cx={x(0)} cy={y(points[0]!.value)} r="3" fill={color} />}
    </>
  );
}
