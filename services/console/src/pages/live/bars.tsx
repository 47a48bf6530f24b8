import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { formatCount } from "~/format/numbers";
import { formatSeconds, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import type { Connection } from "./connection";
import type { LiveModel } from "./model";

/** Says that the list stands still, since when, and what came meanwhile. */
export function PausedBar({ model, zone, onResume }: { model: LiveModel; zone: string; onResume: () => void }) {
  if (model.held === null) return null;
  const newest = model.held.find((row) => "event" in row);
  return (
    <div role="status" className="flex min-h-9 items-center gap-2 border-b border-line bg-accent-soft px-4 py-1">
      <span>Paused{newest && ` at ${formatSeconds(newest.order, zone)} ${zoneName(zone)}`}</span>
      <span aria-hidden="true">·</span>
      {model.newer > 0 ? (
        <button type="button" onClick={onResume} className="reachable font-medium text-accent hover:underline">
          show {formatCount(model.newer)} newer
        </button>
      ) : (
        <span className="text-ink2">nothing newer yet</span>
      )}
    </div>
  );
}

/** What is wrong with the connection, and when it is tried again. */
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

/** Whole seconds until a moment. */
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
