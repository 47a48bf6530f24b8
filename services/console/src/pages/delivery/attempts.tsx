import type { components } from "~/api/schema";
import { Foreign } from "~/format/text";
import { formatDuration, formatSeconds } from "~/format/time";
import { Badge } from "~/parts/badge";
import { outcomeName } from "./words";

type Attempt = components["schemas"]["Attempt"];

/** Attempts of a request, oldest first: time, number, answer, duration. */
export function Attempts({ log, zone, label }: { log: readonly Attempt[]; zone: string; label: string }) {
  if (log.length === 0) return <p className="mt-2 text-ink3">No attempt yet.</p>;
  return (
    <ol aria-label={label} className="mt-3 flex flex-col gap-1">
      {log.map((one) => (
        <li key={`${one.batch_id} ${one.attempt} ${one.attempted_at}`} className="grid grid-cols-[6.5rem_2rem_4.5rem_4rem_minmax(0,1fr)] items-center gap-x-2 max-md:grid-cols-[6.5rem_2rem_1fr_auto]">
          <time dateTime={one.attempted_at} title={one.attempted_at} className="text-ink2">
            {formatSeconds(one.attempted_at, zone, 3)}
          </time>
          <span className="text-ink3">#{one.attempt}</span>
          <span>
            <Badge tone={one.outcome === "delivered" ? "ok" : "bad"}>{outcomeName(one.outcome, one.status, one.error)}</Badge>
          </span>
          <span className="text-ink2 max-md:text-right">{formatDuration(one.seconds)}</span>
          <span className="min-w-0 max-md:col-span-4">
            <Foreign none="">{one.error}</Foreign>
          </span>
        </li>
      ))}
    </ol>
  );
}
