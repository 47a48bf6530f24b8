import { type Axis, type Bucket, type Grain, labelled, shortLabel } from "./model";
import { MARGIN } from "./chart";

/** Greatest width of a label's character, in pixels. */
const CHARACTER = 7;

interface AxesProps {
  buckets: readonly Bucket[];
  grain: Grain;
  zone: string;
  width: number;
  height: number;
  left: number;
  axis: Axis;
  format: (value: number) => string;
}

/** Grid lines from zero, and labels that never touch. */
export function Axes({ buckets, grain, zone, width, height, left, axis, format }: AxesProps) {
  const bottom = height - MARGIN.bottom;
  const inner = width - left - MARGIN.right;
  const y = (value: number) => bottom - (value / axis.top) * (bottom - MARGIN.top);
  const ticks = height < 120 ? [0, axis.top] : axis.ticks;
  return (
    <g fontSize="11" fill="var(--ink3)">
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} stroke={tick === 0 ? "var(--line2)" : "var(--line)"} shapeRendering="crispEdges" />
          <text x={left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {labelled(buckets, grain, zone, inner).map((place) => {
        const label = shortLabel(buckets[place]!, grain, zone, buckets.length);
        const x = left + ((place + 0.5) / buckets.length) * inner;
        // The drawing's edge would cut the last label.
        const isAtEdge = x + (label.length * CHARACTER) / 2 > width;
        return (
          <text key={place} x={isAtEdge ? width : x} y={bottom + 16} textAnchor={isAtEdge ? "end" : "middle"}>
            {label}
          </text>
        );
      })}
    </g>
  );
}

/** The diagonal lines of incomplete buckets. One in each drawing, named by `id`. */
export function HatchPattern({ id, color = "var(--ink3)" }: { id: string; color?: string }) {
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <line x1="0" x2="0" y1="0" y2="6" stroke={color} strokeWidth="1.2" opacity="0.4" />
    </pattern>
  );
}
