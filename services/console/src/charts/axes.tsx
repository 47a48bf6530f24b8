import { type Bucket, type Grain, labelled, shortLabel } from "./model";
import { MARGIN } from "./chart";

interface AxesProps {
  buckets: readonly Bucket[];
  grain: Grain;
  zone: string;
  width: number;
  height: number;
  left: number;
  top: number;
  format: (value: number) => string;
}

/** Four grid lines from zero, and labels that never touch. */
export function Axes({ buckets, grain, zone, width, height, left, top, format }: AxesProps) {
  const bottom = height - MARGIN.bottom;
  const inner = width - left - MARGIN.right;
  const y = (value: number) => bottom - (value / top) * (bottom - MARGIN.top);
  const steps = height < 120 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  return (
    <g fontSize="11" fill="var(--ink3)">
      {steps.map((share) => (
        <g key={share}>
          <line x1={left} x2={width - MARGIN.right} y1={y(top * share)} y2={y(top * share)} stroke={share === 0 ? "var(--line2)" : "var(--line)"} shapeRendering="crispEdges" />
          <text x={left - 8} y={y(top * share)} dy="0.32em" textAnchor="end">
            {format(top * share)}
          </text>
        </g>
      ))}
      {labelled(buckets, grain, zone, inner).map((place) => (
        <text key={place} x={left + ((place + 0.5) / buckets.length) * inner} y={bottom + 16} textAnchor="middle">
          {shortLabel(buckets[place]!, grain, zone, buckets.length)}
        </text>
      ))}
    </g>
  );
}

/** The diagonal lines of what is not over. One in each drawing, named by `id`. */
export function HatchPattern({ id, color = "var(--ink3)" }: { id: string; color?: string }) {
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <line x1="0" x2="0" y1="0" y2="6" stroke={color} strokeWidth="1.2" opacity="0.4" />
    </pattern>
  );
}
