import { formatCount } from "~/format/numbers";
import { addDays, dayOf, formatDay, formatWeekday } from "~/format/time";
import type { PersonDetails } from "./queries";

const DAYS = 28;
/** Lower bounds of the colours, as shares of the busiest day. */
const STEPS = [0, 0.15, 0.35, 0.6, 0.85];
const FILLS = [18, 34, 52, 74, 100];

/** The last four weeks, one square per day: the darker, the more events. */
export function DaysGrid({ person }: { person: PersonDetails }) {
  const zone = person.tz;
  const today = dayOf(Date.now(), zone);
  const counts = new Map(person.days.map((one) => [one.day, one.events]));
  const days = Array.from({ length: DAYS }, (_, place) => addDays(today, place - DAYS + 1));
  const most = Math.max(0, ...counts.values());
  const all = days.reduce((sum, day) => sum + (counts.get(day) ?? 0), 0);
  const name = (day: string) => formatDay(`${day}T12:00:00Z`, "UTC");
  const active = days.filter((day) => counts.has(day)).length;
  return (
    <figure>
      <div role="img" aria-label={`${formatCount(all)} events on ${active} of the last ${DAYS} days`} className="grid grid-cols-7 gap-1">
        {days.map((day) => {
          const count = counts.get(day) ?? 0;
          return (
            <span
              key={day}
              title={`${formatWeekday(`${day}T12:00:00Z`, "UTC")}: ${formatCount(count)} ${count === 1 ? "event" : "events"}`}
              className={`h-6 rounded-badge ${day === today ? "outline-2 outline-offset-1 outline-accent" : ""}`}
              style={{ background: count === 0 ? "var(--hover)" : `color-mix(in oklab, var(--s1) ${fillOf(count, most)}%, var(--surface))` }}
            />
          );
        })}
      </div>
      <figcaption className="mt-1.5 flex justify-between text-sm text-ink3">
        <span>{name(days[0]!)}</span>
        <span>
          {formatCount(all)} {all === 1 ? "event" : "events"}
        </span>
        <span>{name(today)}</span>
      </figcaption>
    </figure>
  );
}

function fillOf(count: number, most: number): number {
  const share = count / most;
  return FILLS[STEPS.findLastIndex((step) => share >= step)] ?? FILLS[0]!;
}
