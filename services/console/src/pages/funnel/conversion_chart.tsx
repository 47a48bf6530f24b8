import { bucketsOfDays, daysOf } from "~/charts/days";
import { LineChart } from "~/charts/line_chart";
import type { Bucket, Series } from "~/charts/model";
import { formatPercent } from "~/format/numbers";
import { formatClock } from "~/format/time";
import { besideOf, usePeriod } from "~/state/period";
import { useStore } from "~/state/store";
import type { Funnel } from "./queries";

/** The share of each day's sessions that bought, beside the same day of the earlier period. */
export function ConversionChart({ funnel, at }: { funnel: Funnel; at: number }) {
  const { time_zone: zone } = useStore();
  const { period, compared } = usePeriod();
  const days = daysOf(period, zone, at);
  const buckets = bucketsOfDays(days, zone, at);
  const values = valuesOf(funnel.series, days);
  const series: Series[] = [{ id: "now", name: period.dates, color: "s1", values }];
  if (funnel.comparison && compared.choice !== "none") {
    const earlier = days.map((day) => besideOf(day, period, compared.choice)!);
    series.push({ id: "before", name: compared.name ?? "before", color: "previous", values: earlierOf(funnel.comparison.series, earlier, buckets), isPrevious: true });
  }
  const known = values.filter((value) => value !== null);
  const best = known.length ? Math.max(...known) : null;
  return (
    <LineChart
      title="Conversion by day"
      sentence={`Share of each day's sessions that bought, ${period.dates} ${period.zone}: at most ${formatPercent(best, 2)}.`}
      buckets={buckets}
      series={series}
      grain="day"
      zone={zone}
      isShare
      format={(value) => formatPercent(value, 2)}
      height={220}
      note={period.isOpen ? `Today is not over: counted to ${formatClock(at, zone)} ${period.zone}. What sessions do later still counts, on the day on which they began.` : "What sessions do later still counts, on the day on which they began."}
    />
  );
}

/** The earlier days, without the one beside today: it is counted only up to this hour, so the line would
 * seem to drop. */
export function earlierOf(series: Funnel["series"], days: readonly string[], buckets: readonly Bucket[]): (number | null)[] {
  return valuesOf(series, days).map((value, place) => (buckets[place]?.isComplete ? value : null));
}

function valuesOf(series: Funnel["series"], days: readonly string[]): (number | null)[] {
  const byDay = new Map(series.map((one) => [one.day, one.conversion]));
  return days.map((day) => byDay.get(day) ?? null);
}
