import { LineChart } from "~/charts/line_chart";
import type { Bucket as Drawn, Series } from "~/charts/model";
import { formatClock, formatDay, zoneName } from "~/format/time";
import { Segmented } from "~/parts/segmented";
import type { Bucket } from "~/state/period";
import { type Measure, NAMES, drawnOf, formatDrawn } from "./measures";
import type { Overview, OverviewBucket } from "./queries";

interface ChartProps {
  overview: Overview;
  measure: Measure;
  currency: string | null;
  zone: string;
  /** "22–28 Nov" and the compared days. */
  dates: string;
  earlier: string | null;
  bucket: Bucket;
  buckets: readonly Bucket[];
  onBucket: (bucket: Bucket) => void;
}

/** One figure over the period, with the whole earlier period as a dotted line. */
export function OverviewChart(props: ChartProps) {
  const { overview, measure, currency, zone, dates, bucket, buckets, onBucket } = props;
  const { places, series } = drawingOf(props);
  const format = formatDrawn(measure, currency);
  const most = greatestOf(series[0]!.values);
  const name = NAMES[measure];
  const sentence =
    most === null
      ? `${name} by ${overview.bucket}, ${dates}: nothing yet.`
      : `${name} by ${overview.bucket}, ${dates}: at most ${format(series[0]!.values[most]!)}, on ${whenOf(places[most]!, overview.bucket, zone)}.`;
  return (
    <LineChart
      title={`${name} by ${overview.bucket}`}
      sentence={sentence}
      buckets={places}
      series={series}
      grain={overview.bucket}
      zone={zone}
      format={format}
      isShare={measure === "conversion"}
      height={280}
      note={noteOf(overview, zone)}
      controls={
        buckets.length > 1 && (
          <Segmented
            label="Step of the chart"
            value={bucket}
            onChoose={onBucket}
            choices={buckets.map((one) => [one, one === "hour" ? "Hour" : "Day"] as const)}
          />
        )
      }
    />
  );
}

/** The buckets of the whole period: those that have begun, and those with a value in the earlier period. */
function drawingOf({ overview, measure, currency, dates, earlier }: ChartProps): { places: Drawn[]; series: Series[] } {
  const begun = overview.series;
  const beside = new Map((overview.comparison?.series ?? []).map((one) => [one.beside, one]));
  const starts = new Set(begun.map((one) => one.at));
  const last = begun.at(-1)?.at ?? "";
  const coming = [...beside.keys()].filter((at) => !starts.has(at) && at > last);
  const places = [
    ...begun.map((one) => ({ start: one.at, isComplete: one.complete })),
    ...coming.map((at) => ({ start: at, isComplete: false })),
  ];
  const valueOf = (one: OverviewBucket | undefined) => (one ? drawnOf(measure, one, currency) : null);
  const now: Series = {
    id: "now",
    name: dates,
    color: "s1",
    values: places.map((_, place) => valueOf(begun[place])),
  };
  if (!overview.comparison) return { places, series: [now] };
  const before: Series = {
    id: "before",
    name: earlier?.split(",")[0] ?? "earlier", // the whole earlier period is drawn, whatever part is compared
    color: "previous",
    isPrevious: true,
    values: places.map((place) => valueOf(beside.get(String(place.start)))),
  };
  return { places, series: [now, before] };
}

function greatestOf(values: readonly (number | null)[]): number | null {
  let found: number | null = null;
  values.forEach((value, place) => {
    if (value && (found === null || value > values[found]!)) found = place;
  });
  return found;
}

function whenOf(place: Drawn, bucket: Bucket, zone: string): string {
  const day = formatDay(place.start, zone);
  return bucket === "day" ? day : `${day} at ${formatClock(place.start, zone)}`;
}

/** What is incomplete, how much of it there is, and what is left out. */
export function noteOf(overview: Overview, zone: string): string {
  const running = overview.series.at(-1);
  const rest = `${overview.bucket === "hour" ? "Days and hours" : "Days"} are ${zoneName(zone)}. Robots are left out.`;
  if (!running || running.complete) return rest;
  const minutes = (Date.parse(running.ends) - Date.parse(running.at)) / 60_000;
  const passed = Math.floor(minutes * running.passed);
  const name =
    overview.bucket === "hour"
      ? `The hour ${formatClock(running.at, zone)}–${formatClock(running.ends, zone)}`
      : formatDay(running.at, zone);
  const counted =
    overview.bucket === "hour" ? `${passed} of ${minutes} min` : `${Math.floor(passed / 60)} h ${passed % 60} min of ${Math.round(minutes / 60)} h`;
  return `${name} is not over: ${counted} counted. ${rest}`;
}
