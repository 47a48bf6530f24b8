import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { formatCount } from "~/format/numbers";
import { formatSeconds, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import type { Connection } from "./connection";
import { type LiveModel, MOST_ROWS } from "./model";

interface ListStatusProps {
  model: LiveModel;
  zone: string;
  onResume: () => void;
}

/** The state of the list; while it is paused, since when, and how many events came meanwhile. Its space is
 * always reserved. */
export function ListStatus({ model, zone, onResume }: ListStatusProps) {
  const { held, why, newer } = model;
  const newest = held?.find((row) => "event" in row);
  const stands = why === "pointing" ? "Held while you point" : `Paused${newest ? ` at ${formatSeconds(newest.order, zone)} ${zoneName(zone)}` : ""}`;
  return (
    <p role="status" className={`ml-auto flex min-h-8 shrink-0 items-center gap-1.5 rounded-control px-2 text-sm max-md:ml-0 max-md:justify-center max-md:rounded-none ${held && why !== "pointing" ? "bg-accent-soft" : "text-ink3"}`}>
      {held === null ? (
        <>
          newest {MOST_ROWS} kept here · times in {zoneName(zone)}
        </>
      ) : (
        <>
          {stands}
          <span aria-hidden="true">·</span>
          {newer > 0 ? (
            <button type="button" onClick={onResume} className="reachable font-medium text-accent hover:underline">
              show {formatCount(newer)} newer
            </button>
          ) : (
            "nothing newer yet"
          )}
        </>
      )}
    </p>
  );
}

/** The fault of the connection, and when it is tried again. */
export function ConnectionBar({ connection, onRetry }: { connection: Connection; onRetry: () => void }) {
  const seconds = useCountdown(connection.state === "waiting" ? connection.at : null);
  if (connection.state !== "waiting") return null;
  return (
    <div role="status" className="flex min-h-10 items-center gap-3 border-b border-line bg-warn-soft px-4 py-1.5">
      <p className="min-w-0 flex-1">
        <strong className="font-semibold">Not connected.</strong> {connection.why} Trying again in <span aria-hidden="true">{seconds} s.</span>
        <span className="sr-only">a moment.</span>
      </p>
      <Button size="small" icon={<RefreshCw aria-hidden="true" size={14} />} onClick={onRetry}>
        Now
      </Button>
    </div>
  );
}

/** Whole seconds until a time. */
function useCountdown(at: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (at === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
}
