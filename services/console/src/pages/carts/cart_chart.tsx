import { BarChart } from "~/charts/bar_chart";
import { bucketsOfDays, bucketsOfHours, daysOf } from "~/charts/days";
import { formatCount } from "~/format/numbers";
import { dayOf, formatClock } from "~/format/time";
import { Segmented } from "~/parts/segmented";
import { type Bucket as Grain, bucketsOf, usePeriod } from "~/state/period";
import { useChoice } from "~/state/search";
import { useStore } from "~/state/store";
import type { CartAnalytics } from "./queries";

/** The chart's buckets: hours for short periods, else days. */
export function useGrain(): [Grain, (grain: Grain) => void, Grain[]] {
  const { period } = usePeriod();
  const { standard, choices } = bucketsOf(period);
  const [grain, setGrain] = useChoice<Grain>("b", choices, standard);
  return [grain, setGrain, choices];
}

/** Additions with and without a generated image, by day or hour. */
export function CartChart({ answer, at }: { answer: CartAnalytics; at: number }) {
  const { time_zone: zone } = useStore();
  const { period } = usePeriod();
  const [grain, setGrain, choices] = useGrain();
  const { buckets, generated, without } = valuesOf(answer, grain, zone, at, daysOf(period, zone, at));
  const { carts, generatedImages } = answer.data.totals;
  return (
    <BarChart
      title={grain === "day" ? "Carts by day" : "Carts by hour"}
      sentence={`Additions to carts by ${grain}, ${period.dates} ${period.zone}: ${formatCount(carts)}, of them ${formatCount(generatedImages)} from a generated image.`}
      buckets={buckets}
      series={[
        { id: "image", name: "from an image", color: "s1", values: generated },
        { id: "none", name: "without", color: "previous", values: without },
      ]}
      grain={grain}
      zone={zone}
      height={260}
      controls={
        choices.length > 1 && (
          <Segmented
            label="Step of the chart"
            value={grain}
            choices={[
              ["hour", "Hour"],
              ["day", "Day"],
            ]}
            onChoose={setGrain}
          />
        )
      }
      note={period.isOpen ? `Today is not over: counted to ${formatClock(at, zone)} ${period.zone}. Late events may still be added to the days before.` : "Late events may still be added."}
    />
  );
}

function valuesOf(answer: CartAnalytics, grain: Grain, zone: string, now: number, days: readonly string[]) {
  const isDay = grain === "day";
  const keyOf = (at: string | number) => (isDay ? dayOf(at, zone) : String(new Date(at).getTime()));
  const found = new Map(answer.data.byTime.map((one) => [keyOf(one.at), one]));
  const buckets = isDay ? bucketsOfDays(days, zone, now) : bucketsOfHours(answer.from ?? "", answer.to ?? "", now);
  const rows = buckets.map((bucket) => found.get(keyOf(bucket.start)));
  return {
    buckets,
    generated: rows.map((row) => row?.generatedImages ?? 0),
    without: rows.map((row) => (row ? row.carts - row.generatedImages : 0)),
  };
}
