import { area, line } from "d3-shape";
import { type ReactNode, useId } from "react";
import { formatAxisLift } from "./lift_axis";
import { HatchPattern } from "./axes";
import { Chart, MARGIN, type Plot } from "./chart";
import { type Bucket, type Series, labelled, shortLabel } from "./model";

export interface LiftPoint {
  value: number | null;
  low: number | null;
  high: number | null;
}

interface LiftChartProps {
  title: string;
  sentence: string;
  buckets: readonly Bucket[];
  points: readonly LiftPoint[];
  zone: string;
  format: (value: number | null) => string;
  /** The axis' maximum in both directions: intervals beyond it are cut. */
  reach: number;
  /** The bucket since which the interval excludes zero, and the text shown there. */
  since?: { place: number; text: string } | null;
  /** How many of the first buckets allowed no verdict yet. */
  unsound: number;
  note?: ReactNode;
  height?: number;
}

const LEFT = 52;

/** A lift with its interval by day, above and below zero. */
export function LiftChart(props: LiftChartProps) {
  const { points } = props;
  const series: Series[] = [
    { id: "value", name: "Lift", color: "s1", values: points.map((one) => one.value) },
    { id: "low", name: "From", color: "previous", values: points.map((one) => one.low), isPrevious: true },
    { id: "high", name: "To", color: "previous", values: points.map((one) => one.high), isPrevious: true },
  ];
  return (
    <Chart {...props} series={series} grain="day" left={LEFT}>
      {(plot) => <Lift {...props} plot={plot} />}
    </Chart>
  );
}

function Lift({ buckets, points, zone, reach, since, unsound, plot }: LiftChartProps & { plot: Plot }) {
  const hatch = useId();
  const { width, height, at } = plot;
  const bottom = height - MARGIN.bottom;
  const inner = width - LEFT - MARGIN.right;
  const x = (place: number) => LEFT + ((place + 0.5) / buckets.length) * inner;
  const y = (value: number) => MARGIN.top + ((reach - Math.max(-reach, Math.min(reach, value))) / (2 * reach)) * (bottom - MARGIN.top);
  const placed = points.map((one, place) => ({ ...one, place }));
  type Placed = (typeof placed)[number];
  const band = area<Placed>()
    .defined((one) => one.low !== null && one.high !== null)
    .x((one) => x(one.place))
    .y0((one) => y(one.low ?? 0))
    .y1((one) => y(one.high ?? 0));
  const course = line<Placed>()
    .defined((one) => one.value !== null)
    .x((one) => x(one.place))
    .y((one) => y(one.value ?? 0));
  const known = points.find((_, place) => place === at);
  return (
    <>
      <defs>
        <HatchPattern id={hatch} />
      </defs>
      <g fontSize="11" fill="var(--ink3)">
        {[-1, -0.5, 0, 0.5, 1].map((step) => (
          <g key={step}>
            <line x1={LEFT} x2={width - MARGIN.right} y1={y(step * reach)} y2={y(step * reach)} stroke={step === 0 ? "var(--ink3)" : "var(--line)"} shapeRendering="crispEdges" />
            <text x={LEFT - 8} y={y(step * reach)} dy="0.32em" textAnchor="end">
              {formatAxisLift(step * reach)}
            </text>
          </g>
        ))}
        {labelled(buckets, "day", zone, inner).map((place) => (
          <text key={place} x={x(place)} y={bottom + 16} textAnchor="middle">
            {shortLabel(buckets[place]!, "day", zone, buckets.length)}
          </text>
        ))}
      </g>
      {unsound > 0 && <rect x={LEFT} y={MARGIN.top} width={(unsound / buckets.length) * inner} height={bottom - MARGIN.top} fill={`url(#${hatch})`} />}
      <path d={band(placed) ?? ""} fill="var(--s1)" opacity="0.16" />
      <path d={course(placed) ?? ""} fill="none" stroke="var(--s1)" strokeWidth="1.75" strokeLinejoin="round" />
      {placed.length === 1 && placed[0]!.value !== null && <circle cx={x(0)} cy={y(placed[0]!.value)} r="3" fill="var(--s1)" />}
      {since && (
        <g>
          <line x1={x(since.place)} x2={x(since.place)} y1={MARGIN.top} y2={bottom} stroke="var(--ink2)" strokeDasharray="3 3" />
          <text x={x(since.place) + (since.place > buckets.length / 2 ? -6 : 6)} y={MARGIN.top + 10} textAnchor={since.place > buckets.length / 2 ? "end" : "start"} fontSize="11" fill="var(--ink2)">
            {since.text}
          </text>
        </g>
      )}
      {at !== null && known && (
        <g>
          <line x1={x(at)} x2={x(at)} y1={MARGIN.top} y2={bottom} stroke="var(--ink2)" shapeRendering="crispEdges" />
          {known.value !== null && <circle cx={x(at)} cy={y(known.value)} r="4" fill="var(--s1)" stroke="var(--surface)" strokeWidth="1.5" />}
        </g>
      )}
    </>
  );
}
