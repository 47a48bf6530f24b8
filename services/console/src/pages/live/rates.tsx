import { area, stack } from "d3-shape";
import { Chart, MARGIN, type Plot } from "~/charts/chart";
import { type Series, axisOf } from "~/charts/model";
import { formatCount, formatRate, formatShort } from "~/format/numbers";
import { formatDuration, formatSeconds, zoneName } from "~/format/time";
import { type LiveModel, SECONDS, type Second, badFields, countsOf, rateOf, shownRows, slowestOf } from "./model";

const LEFT = 36;
const HEIGHT = 104;
const badOf = (counts: Second) => counts.rejected + counts.dead;

const OUTCOMES = [
  { id: "applied", name: "Applied", color: "s1", of: (counts: Second) => counts.applied },
  { id: "duplicate", name: "Duplicate", color: "previous", of: (counts: Second) => counts.duplicate },
  { id: "rejected", name: "Rejected", color: "bad", of: badOf },
] as const;

/** Events of each of the last 90 seconds, drawn once a second without sliding. */
export function RateChart({ model, zone }: { model: LiveModel; zone: string }) {
  const seconds = Array.from({ length: SECONDS }, (_, place) => model.until - SECONDS + place);
  const counts = seconds.map((second) => countsOf(model, second));
  const series: Series[] = OUTCOMES.map(({ of, ...one }) => ({ ...one, values: counts.map((found) => (found ? of(found) : null)) }));
  const known = counts.filter((found) => found !== null).length;
  const buckets = seconds.map((second) => ({ start: second * 1000, isComplete: true }));
  const until = model.until ? formatSeconds(model.until * 1000, zone) : "–";
  const rates = OUTCOMES.map((one) => `${one.name.toLowerCase()} ${formatRate(rateOf(model, one.of))}`).join(", ");
  return (
    <Chart
      title="Events per second"
      sentence={`Events of the last ${known} seconds up to ${until} ${zoneName(zone)}; per second now: ${rates}.`}
      buckets={buckets}
      series={series}
      grain="second"
      zone={zone}
      format={formatCount}
      height={HEIGHT}
      left={LEFT}
    >
      {(plot) => <Stacked buckets={buckets} series={series} zone={zone} plot={plot} />}
    </Chart>
  );
}

interface StackedProps {
  buckets: { start: number; isComplete: boolean }[];
  series: Series[];
  zone: string;
  plot: Plot;
}

/** Stacked counts; seconds with unknown counts are left empty. */
function Stacked({ buckets, series, zone, plot }: StackedProps) {
  const { width, height, at } = plot;
  const bottom = height - MARGIN.bottom;
  const inner = width - LEFT - MARGIN.right;
  const places = buckets.map((_, place) => place);
  const isKnown = (place: number) => series[0]!.values[place] !== null;
  const { top } = axisOf(places.map((place) => series.reduce((sum, one) => sum + (one.values[place] ?? 0), 0)));
  const x = (place: number) => LEFT + ((place + 0.5) / buckets.length) * inner;
  const y = (value: number) => bottom - (value / top) * (bottom - MARGIN.top);
  const layers = stack<number, string>()
    .keys(series.map((one) => one.id))
    .value((place, id) => series.find((one) => one.id === id)!.values[place] ?? 0)(places);
  const ground = area<[number, number] & { data: number }>()
    .defined((point) => isKnown(point.data))
    .x((point) => x(point.data))
    .y0((point) => y(point[0]))
    .y1((point) => y(point[1]));
  return (
    <>
      <Grid top={top} y={y} width={width} />
      <Moments buckets={buckets} zone={zone} x={x} y={bottom + 16} />
      {layers.map((layer, place) => {
        const color = `var(--${series[place]!.color})`;
        const isFirst = place === 0;
        return <path key={layer.key} d={ground(layer as never) ?? ""} fill={color} fillOpacity={isFirst ? 0.4 : 0.9} />;
      })}
      {at !== null && <line x1={x(at)} x2={x(at)} y1={MARGIN.top} y2={bottom} stroke="var(--ink2)" shapeRendering="crispEdges" />}
    </>
  );
}

function Grid({ top, y, width }: { top: number; y: (value: number) => number; width: number }) {
  return (
    <g fontSize="11" fill="var(--ink3)">
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={width - MARGIN.right} y1={y(top * share)} y2={y(top * share)} stroke={share === 0 ? "var(--line2)" : "var(--line)"} shapeRendering="crispEdges" />
          <text x={LEFT - 8} y={y(top * share)} dy="0.32em" textAnchor="end">
            {formatShort(top * share)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Labels of the first, middle and last moment: they change every second and never overlap. */
function Moments({ buckets, zone, x, y }: { buckets: StackedProps["buckets"]; zone: string; x: (place: number) => number; y: number }) {
  const last = buckets.length - 1;
  const anchors = [
    [0, "start"],
    [Math.floor(last / 2), "middle"],
    [last, "end"],
  ] as const;
  return (
    <g fontSize="11" fill="var(--ink3)">
      {anchors.map(([place, anchor]) => (
        <text key={place} x={x(place)} y={y} textAnchor={anchor}>
          {formatSeconds(buckets[place]!.start, zone)}
        </text>
      ))}
    </g>
  );
}

/** The current rates of outcomes, each with a remark. */
export function RateList({ model }: { model: LiveModel }) {
  const rows = shownRows(model);
  const slowest = slowestOf(rows);
  const fields = badFields(rows);
  const asides = {
    applied: slowest === null ? "no row here" : `p95 ${formatDuration(slowest / 1000)}`,
    duplicate: "no effect",
    rejected: `${formatCount(fields)} ${fields === 1 ? "field" : "fields"}`,
  };
  return (
    <dl className="grid content-center gap-x-4 gap-y-2 px-4 py-3 max-lg:grid-cols-3 lg:w-64 lg:grid-cols-[1fr_auto_auto] lg:border-l lg:border-line">
      {OUTCOMES.map((one) => (
        <div key={one.id} className="lg:col-span-3 lg:grid lg:grid-cols-subgrid lg:items-baseline">
          <dt className="flex items-center gap-2 text-ink2">
            <span aria-hidden="true" className="size-2 shrink-0 rounded-[2px]" style={{ background: `var(--${one.color})` }} />
            {one.name}
          </dt>
          <dd className="font-medium lg:text-right">{formatRate(rateOf(model, one.of))} /s</dd>
          <dd className="truncate text-sm text-ink3 lg:text-right" title="Of the rows below">
            {asides[one.id]}
          </dd>
        </div>
      ))}
    </dl>
  );
}
