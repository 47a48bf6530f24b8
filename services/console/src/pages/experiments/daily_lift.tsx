import { useQuery } from "@tanstack/react-query";
import { bucketsOfDays } from "~/charts/days";
import { reachOf } from "~/charts/interval";
import { LiftChart } from "~/charts/lift_chart";
import { readable } from "~/format/text";
import { formatDay } from "~/format/time";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { useChoice } from "~/state/search";
import { useStore } from "~/state/store";
import { firstSound, pointsOf, sinceOf } from "./looks";
import { type Days, type Reported, daysQuery } from "./queries";
import { formatLift, primaryOf } from "./words";

/** The first days' intervals are cut beyond this, so that later ones stay readable; the last day's interval
 * is shown whole. */
const WIDEST = 0.8;
/** Days of exposure are UTC days, whatever the store's zone. */
const ZONE = "UTC";

/** The lift of one variant in the primary metric, as each day's look would have shown it. */
export function DailyLift({ reported }: { reported: Reported }) {
  const store = useStore();
  const { results } = reported;
  const metric = primaryOf(results)?.metric ?? "";
  const query = useQuery({ ...daysQuery(store.store_id, reported.test_id, results.phase, metric), enabled: metric !== "" });
  const compared = results.variants.filter((one) => !one.is_control && one.expected_share > 0);
  const ids = compared.map((one) => one.variant_id);
  const [variant, setVariant] = useChoice("variant", ids, results.verdict.leader ?? ids[0] ?? "");
  return (
    <Read query={query} what="the days" loading={<div role="status" aria-label="Loading" className="h-72" />}>
      {(days) => (
        <>
          <DaysOf days={days} variant={variant} />
          {compared.length > 1 && (
            <div className="px-4 pb-3">
              {compared.length <= 4 ? (
                <Segmented label="Variant" value={variant} choices={compared.map((one) => [one.variant_id, readable(one.name).slice(0, 24)] as const)} onChoose={setVariant} />
              ) : (
                <select aria-label="Variant" value={variant} onChange={(event) => setVariant(event.target.value)} className="h-8 max-w-full rounded-control border border-edge bg-surface px-2">
                  {compared.map((one) => (
                    <option key={one.variant_id} value={one.variant_id}>
                      {readable(one.name)}
                    </option>
                  ))}
                </select>
              )}
            </div>
          )}
        </>
      )}
    </Read>
  );
}

function DaysOf({ days, variant }: { days: Days; variant: string }) {
  const points = pointsOf(days, variant);
  const name = readable(days.names[variant] ?? variant).slice(0, 40);
  const title = `Lift of ${name} in ${days.metric}, day by day`;
  if (points.length === 0) {
    return (
      <div className="px-4 py-4">
        <p className="font-semibold">{title}</p>
        <p className="mt-2 text-ink3">No day’s visitors have had their whole time yet: the first point comes three days after the start.</p>
      </div>
    );
  }
  const buckets = bucketsOfDays(days.days.map((one) => one.day), ZONE, Date.parse(`${days.days.at(-1)!.day}T12:00:00Z`) + 86_400_000);
  const place = sinceOf(days, variant);
  const last = points.at(-1)!;
  const spans = points.map((one) => (one.low === null || one.high === null ? null : { low: one.low, high: one.high }));
  const reach = Math.max(Math.min(WIDEST, reachOf(spans)), reachOf([spans.at(-1)]));
  return (
    <LiftChart
      title={title}
      sentence={`${name} against control in ${days.metric}: ${formatLift(last.value)}, between ${formatLift(last.low)} and ${formatLift(last.high)} with the visitors until ${formatDay(`${days.days.at(-1)!.day}T12:00:00Z`, ZONE)}.`}
      buckets={buckets}
      points={points}
      zone={ZONE}
      format={formatLift}
      reach={reach}
      unsound={firstSound(days)}
      since={place === null ? null : { place, text: `off zero since ${formatDay(`${days.days[place]!.day}T12:00:00Z`, ZONE)}` }}
      height={200}
      note={`With all visitors until each day, UTC, whose time is over. The band is the always valid interval${firstSound(days) > 0 ? "; hatched: too early for a verdict" : ""}.`}
    />
  );
}
