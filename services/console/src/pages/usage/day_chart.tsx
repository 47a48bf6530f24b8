import { useQuery } from "@tanstack/react-query";
import { BarChart } from "~/charts/bar_chart";
import { bucketsOfDays } from "~/charts/days";
import { dayOf, formatClock, formatDay, zoneName } from "~/format/time";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { useStore } from "~/state/store";
import { daysOfMonth } from "./forecast";
import type { MeterFigure } from "./meters";
import { formatQuantity, meterName, monthName } from "./names";
import { daysQuery } from "./queries";

/** A meter day by day. Late events count on the day on which they happened. */
export function DayChart({ one, month, zone }: { one: MeterFigure; month: string; zone: string }) {
  const store = useStore();
  const query = useQuery(daysQuery(store.store_id, one.meter, month));
  const name = meterName(one.meter);
  return (
    <div className="min-w-0">
      <Read query={query} what="the days" loading={<LoadingRows rows={8} />}>
        {(found) => {
          const now = Date.now();
          const today = dayOf(now, zone);
          const days = daysOfMonth(month).days.filter((day) => day <= today);
          const byDay = new Map(found.map((day) => [day.day, Number(day[one.aggregation])]));
          const values = days.map((day) => byDay.get(day) ?? 0);
          const top = values.indexOf(Math.max(...values));
          const sentence = values.some(Boolean) ? `${name} by day of ${monthName(month)}; the most, ${formatQuantity(one.meter, values[top]!)}, on ${formatDay(`${days[top]}T12:00:00Z`, "UTC")}.` : `No ${name} were used in ${monthName(month)}.`;
          return (
            <BarChart
              title={`${name} by day`}
              sentence={sentence}
              buckets={bucketsOfDays(days, zone, now)}
              series={[{ id: one.meter, name, color: "s1", values }]}
              grain="day"
              zone={zone}
              format={(value) => formatQuantity(one.meter, value)}
              formatAxis={(value) => formatQuantity(one.meter, value)}
              note={
                days.at(-1) === today
                  ? `${formatDay(now, zone)} is not over: counted to ${formatClock(query.dataUpdatedAt, zone)} ${zoneName(zone)}. Late events stand on the day on which they happened.`
                  : "Late events stand on the day on which they happened, so the days may give more than the statement."
              }
            />
          );
        }}
      </Read>
    </div>
  );
}
