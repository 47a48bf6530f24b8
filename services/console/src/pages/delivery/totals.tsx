import type { UseQueryResult } from "@tanstack/react-query";
import { CircleCheck, Clock, RefreshCw, TriangleAlert } from "lucide-react";
import { ApiError } from "~/api/errors";
import type { components } from "~/api/schema";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { formatAge, formatDuration, formatSeconds, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import { FigureStrip } from "~/parts/figures";
import { showToast } from "~/parts/toast";
import { useStore } from "~/state/store";
import { useNow } from "./now";
import { useRecount } from "./queries";
import { type Health, troubleOf } from "./words";

type Totals = components["schemas"]["StatsAnswer"];

/** Older totals are marked, in milliseconds. Totals are cached for an hour. */
const OLD = 30 * 60_000;
/** Maximum of destinations whose fault is shown beside the totals; the list shows all. */
const MOST_TOLD = 2;

/** The age of the totals, and a button for newer ones. Its space is reserved before it is known. */
export function TotalsAge({ query }: { query: UseQueryResult<Totals, Error> }) {
  const zone = useStore().time_zone;
  const now = useNow();
  const recount = useRecount();
  const at = query.data?.as_of;
  const isOld = at !== undefined && now - Date.parse(at) >= OLD;
  return (
    <>
      {at === undefined ? (
        query.isPending && (
          <p aria-hidden="true" className="invisible flex flex-wrap items-center gap-x-1.5 text-sm">
            <Clock size={14} />
            <span>Totals of 00:00:00 {zoneName(zone)},</span>
            <span>00 min old</span>
            <span>kept for an hour</span>
          </p>
        )
      ) : (
        <p className="flex flex-wrap items-center gap-x-1.5 text-sm text-ink2" data-age={isOld ? "old" : "new"}>
          <Clock aria-hidden="true" size={14} className={isOld ? "text-warn" : "text-ink3"} />
          <span title={at}>
            Totals of {formatSeconds(at, zone)} {zoneName(zone)},
          </span>
          <span className={isOld ? "font-medium text-warn" : ""}>{formatAge(at, now).replace(" ago", " old")}</span>
          <span className="text-ink3">kept for an hour</span>
        </p>
      )}
      <Button
        busy={recount.isPending}
        icon={<RefreshCw aria-hidden="true" size={14} />}
        onClick={() => recount.mutate(undefined, { onError: (error) => showToast(error instanceof ApiError ? `Could not count: ${error.message}` : "Could not count.") })}
      >
        Count now
      </Button>
    </>
  );
}

interface SummaryProps {
  totals: Totals | undefined;
  destinations: readonly Health[] | undefined;
}

/** Pending, sent and failed counts, with the current faults in words. */
export function Summary({ totals, destinations }: SummaryProps) {
  const counts = totals?.data.totals;
  const now = useNow(10_000);
  const oldest = (destinations ?? []).map((one) => one.waiting.oldest_at).filter((at) => at != null).sort()[0];
  const waits = oldest ? `the oldest for ${formatDuration(Math.max(1, Math.floor((now - Date.parse(oldest)) / 1000)))}` : destinations ? "nothing waits now" : UNKNOWN;
  return (
    <div className="grid border-b border-line xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="min-w-0 [&>section]:border-b-0 max-xl:border-b max-xl:border-line">
        <FigureStrip
          label="Deliveries in all"
          isLoading={totals === undefined}
          figures={[
            { id: "pending", name: "Pending", value: formatCount(counts?.pending), tone: counts?.pending ? "warn" : undefined, context: waits, definition: { text: "Events that wait for their first request or for a retry, at every destination. Counted once an hour, or now.", query: "GET /api/delivery/stats" } },
            { id: "sent", name: "Sent", value: formatCount(counts?.sent), context: counts?.skipped ? `and ${formatCount(counts.skipped)} left out on purpose` : "none left out on purpose", definition: { text: "Events that a destination took, for as long as deliveries are kept. Left out on purpose: without consent, without an identity, or too old for a vendor.", query: "GET /api/delivery/stats" } },
            { id: "failed", name: "Failed", value: formatCount(counts?.failed), tone: counts?.failed ? "bad" : undefined, context: "refused for good, or out of retries", definition: { text: "Events that a destination refused for good, or that ran out of retries. Each is a dead letter, and can be sent again.", query: "GET /api/delivery/stats" } },
          ]}
        />
      </div>
      <Troubles destinations={destinations} />
    </div>
  );
}

function Troubles({ destinations }: { destinations: readonly Health[] | undefined }) {
  const zone = useStore().time_zone;
  const now = useNow(10_000);
  if (destinations === undefined) return <div className="min-h-16 border-line xl:border-l" />;
  const found = destinations.map((one) => ({ one, text: troubleOf(one, zone, zoneName(zone), now) })).filter(({ text }) => text !== null);
  return (
    <div role="status" aria-label="State of destinations" className="flex min-h-16 flex-col gap-2 border-line p-4 xl:border-l">
      {found.length === 0 && destinations.length > 0 && (
        <p className="flex gap-2.5 text-ink2">
          <CircleCheck aria-hidden="true" size={16} className="mt-0.5 shrink-0 text-ok" />
          {destinations.length === 1 ? "The destination takes its events." : `All ${destinations.length} destinations take their events.`}
        </p>
      )}
      {found.slice(0, MOST_TOLD).map(({ one, text }) => (
        <p key={one.destination_id} className="flex gap-2.5">
          <TriangleAlert aria-hidden="true" size={16} className="mt-0.5 shrink-0 text-warn" />
          <span className="min-w-0 break-words">
            <strong className="font-semibold">{one.name}</strong> {text}
          </span>
        </p>
      ))}
      {found.length > MOST_TOLD && <p className="text-sm text-ink3">and {found.length - MOST_TOLD} more, in the list below</p>}
    </div>
  );
}
