import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { formatAge, formatMoment } from "~/format/time";

export interface FreshnessProps {
  /** When the figures were read, in epoch milliseconds; 0 before there are any. */
  at: number;
  isBusy: boolean;
  onReload: () => void;
}

/** The age of the figures, and a button that reloads them. */
export function Freshness({ at, isBusy, onReload }: FreshnessProps) {
  useTicking(at);
  const age = at ? formatAge(at) : "reading";
  return (
    <button
      type="button"
      aria-label={`${age}: read the figures again`}
      aria-busy={isBusy || undefined}
      title={at ? `Read ${formatMoment(at, "UTC")} UTC` : undefined}
      onClick={onReload}
      className="inline-flex h-8 min-w-[5.5rem] items-center gap-1.5 rounded-control px-2 text-sm text-ink3 hover:bg-hover hover:text-ink max-md:min-w-8 max-md:justify-center pointer-coarse:h-11 max-md:pointer-coarse:min-w-11"
    >
      <RefreshCw aria-hidden="true" size={13} />
      <span className="max-md:sr-only">{age}</span>
    </button>
  );
}

/** Draws again each second while the figures are less than a minute old, then each minute. */
function useTicking(at: number): void {
  const [, draw] = useState(0);
  useEffect(() => {
    let timer = 0;
    const tick = () => {
      draw((count) => count + 1);
      timer = window.setTimeout(tick, Date.now() - at < 60_000 ? 1000 : 60_000);
    };
    timer = window.setTimeout(tick, 1000);
    return () => clearTimeout(timer);
  }, [at]);
}

interface Readable {
  dataUpdatedAt: number;
  isFetching: boolean;
  refetch: () => unknown;
}

/** The freshness of a page with several queries: that of the oldest. */
export function freshnessOf(...queries: Readable[]): FreshnessProps {
  return {
    at: Math.min(...queries.map((query) => query.dataUpdatedAt)),
    isBusy: queries.some((query) => query.isFetching),
    onReload: () => {
      for (const query of queries) query.refetch();
    },
  };
}
