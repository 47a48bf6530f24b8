import { bucketsOfDays, daysOf } from "~/charts/days";
import { LineChart } from "~/charts/line_chart";
import type { Series } from "~/charts/model";
import { formatPercent } from "~/format/numbers";
import { addDays, formatClock } from "~/format/time";
import { usePeriod } from "~/state/period";
import { useStore } from "~/state/store";
import type { Funnel } from "./queries";

/** Which share of a day's sessions bought, beside the same day of the earlier period. */
export function ConversionChart({ funnel, at }: { funnel: Funnel; at: number }) {
  const { time_zone: zone } = useStore();
  const { period, compared } = usePeriod();
  const days = daysOf(period, zone, at);
  const buckets = bucketsOfDays(days, zone, at);
  const values = valuesOf(funnel.series, days);
  const series: Series[] = [{ id: "now", name: period.dates, color: "s1", values }];
  if (funnel.comparison && compared.choice !== "none") {
    const shift = compared.choice === "previous_period" ? period.days : null;
    const earlier = days.map((day) => (shift === null ? yearBefore(day) : addDays(day, -shift)));
    series.push({ id: "before", name: compared.name ?? "before", color: "previous", values: valuesOf(funnel.comparison.series, earlier), isPrevious: true });
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
      formatAxis={(value) => formatPercent(value, value > 0 && value < 0.01 ? 1 : 0)}
      height={220}
      note={period.isOpen ? `Today is not over: counted to ${formatClock(at, zone)} ${period.zone}. What sessions do later still counts, on the day on which they began.` : "What sessions do later still counts, on the day on which they began."}
    />
  );
}

function valuesOf(series: Funnel["series"], days: readonly string[]): (number | null)[] {
  const byDay = new Map(series.map((one) => [one.day, one.conversion]));
  return days.map((day) => byDay.get(day) ?? null);
}

/** The same date a year earlier, and 28 February for a 29th that there is not. */
function yearBefore(day: string): string {
  const same = `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
  return addDays(same, 0) === same ? same : addDays(same, -1);
}
