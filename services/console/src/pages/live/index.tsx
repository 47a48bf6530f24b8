import { Pause, Play } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { formatRate } from "~/format/numbers";
import { Dot } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Pane } from "~/parts/pane";
import { Empty, Failed } from "~/parts/states";
import { useKeys } from "~/shell/keys";
import { Page } from "~/shell/page";
import { sharedOf, usePageSearch } from "~/state/search";
import { slugOf, useStore, useStores } from "~/state/store";
import { ConnectionBar, ListStatus } from "./bars";
import { DetailHead, EventDetail } from "./detail";
import { LiveFilterBar, useLiveFilters } from "./filters";
import { type Pause as PauseReason, type Row, rateOf, shownRows } from "./model";
import { RateChart, RateList } from "./rates";
import { Rows } from "./rows";
import { useLive } from "./use_live";
import { useWide } from "./wide";

/** Pixels of scrolling from which on the reader is assumed to be reading. */
const READING = 40;
/** How long rows stay in place after the pointer has stopped, in milliseconds. */
const POINTING = 1500;

export default function LivePage() {
  const filters = useLiveFilters();
  const live = useLive(filters.query);
  const { model, connection, isPaused, pause, resume } = live;
  const [search, change] = usePageSearch();
  const isWide = useWide();
  const region = useRef<HTMLDivElement>(null);
  const rows = shownRows(model);
  const { time_zone: own } = useStore();
  const zone = filters.store?.time_zone ?? own;
  const row = search.row ?? null;
  const nameOf = useStoreNames();
  const toggle = () => {
    if (isPaused) goOn();
    else pause("asked");
  };
  const goOn = () => {
    resume();
    region.current?.scrollTo({ top: 0 });
    scrollTo({ top: 0 });
  };
  useKeys({ " ": () => (isOnControl() ? false : toggle()) });
  usePauseOnScroll(region, pause);
  usePauseOnPointing(region, pause, live.stopPointing);
  const hasRows = rows.length > 0;
  useEffect(() => {
    if (row && hasRows) pause("reading");
  }, [row, hasRows, pause]);
  const read = useCallback(() => pause("reading"), [pause]);
  const shared = JSON.stringify(isWide ? search : sharedOf(search));
  const linkOf = useCallback(
    (id: string) => {
      const kept = JSON.parse(shared) as Record<string, string>;
      return isWide ? { to: ".", search: { ...kept, row: id } } : { to: `/live/${id}`, search: kept };
    },
    [shared, isWide],
  );
  const rate = rateOf(model, (counts) => counts.accepted + counts.rejected);
  return (
    <div className="flex min-w-0 flex-1 flex-col md:h-dvh">
      <Page
        title="Live"
        scope={filters.store ? undefined : "all stores"}
        actions={
          <>
            <span className="flex items-center gap-2 text-ink2 max-md:hidden" aria-label={`${formatRate(rate)} events per second`}>
              <Dot tone={connection.state === "open" ? "ok" : "warn"} />
              <strong className="font-semibold text-ink">{formatRate(rate)}</strong> events/s
            </span>
            <Button look={isPaused ? "primary" : "default"} icon={isPaused ? <Play aria-hidden="true" size={14} /> : <Pause aria-hidden="true" size={14} />} onClick={toggle} aria-keyshortcuts="Space">
              {isPaused ? "Resume" : "Pause"}
              <kbd className={`rounded-badge border px-1 text-xs font-normal max-md:hidden ${isPaused ? "border-current" : "border-line2 text-ink3"}`}>Space</kbd>
            </Button>
          </>
        }
      >
        <div className="flex min-h-0 min-w-0 flex-1">
          <div className="flex min-h-0 min-w-0 flex-1 flex-col">
            <div className="flex border-b border-line max-lg:flex-col">
              <div className="min-w-0 flex-1">
                <RateChart model={model} zone={zone} />
              </div>
              <RateList model={model} />
            </div>
            <ConnectionBar connection={connection} onRetry={live.retry} />
            <div className="flex min-h-12 items-center gap-2 border-b border-line pr-4 max-md:flex-col max-md:items-stretch max-md:gap-0 max-md:pr-0">
              <div role="group" aria-label="Filters" className="relative flex min-w-0 items-center gap-2 overflow-x-auto py-1.5 pl-4 max-md:pr-4">
                <LiveFilterBar filters={filters} rows={rows} />
              </div>
              <ListStatus model={model} zone={zone} onResume={goOn} />
            </div>
            <div ref={region} tabIndex={0} role="region" aria-label="Events" className="relative min-h-0 flex-1 focus-visible:outline-offset-[-2px] md:overflow-auto">
              {connection.state === "refused" && <Failed error={connection.error} what="live events" onRetry={live.retry} />}
              {rows.length > 0 ? (
                <Rows rows={rows} zone={zone} chosen={row} nameOf={nameOf} linkOf={linkOf} onChoose={read} isBeside={row !== null && isWide} />
              ) : (
                connection.state === "open" && <NothingYet filters={filters} />
              )}
            </div>
          </div>
          {row && isWide && (
            <Pane label="The event" row={row} onClose={() => change({ row: null })} head={<DetailHead id={row} zone={zone} />}>
              <EventDetail id={row} zone={zone} alike={alikeOf(rows, row, (stream) => change({ "f.kind": "rejected", "f.stream": stream }))} />
            </Pane>
          )}
        </div>
      </Page>
    </div>
  );
}

function NothingYet({ filters }: { filters: ReturnType<typeof useLiveFilters> }) {
  const [, change] = usePageSearch();
  const isFiltered = filters.query !== "";
  const clear = () => change({ "f.kind": null, "f.stream": null, "f.type": null, "f.store": null });
  return (
    <Empty title={isFiltered ? "No such event in the last 90 seconds" : "No event in the last 90 seconds"} onClear={isFiltered ? clear : undefined}>
      The next one appears here by itself.
    </Empty>
  );
}

function useStoreNames(): (store: string | null) => string {
  const stores = useStores();
  return useCallback(
    (id: string | null) => {
      const store = stores.find((one) => one.store_id === id);
      return store ? (store.name ?? slugOf(store)).replace(/\.myshopify\.com$/, "") : (id ?? "not known");
    },
    [stores],
  );
}

/** Whether a focused control needs the space key. */
function isOnControl(): boolean {
  const focused = document.activeElement as HTMLElement | null;
  return Boolean(focused?.closest("button, a, input, select, [role=option], [role=img]"));
}

/** Pauses the list while it is scrolled down, so that the rows being read do not move. */
function usePauseOnScroll(region: React.RefObject<HTMLDivElement | null>, pause: (why: PauseReason) => void) {
  useEffect(() => {
    const onScroll = () => {
      if ((region.current?.scrollTop ?? 0) > READING || scrollY > READING) pause("reading");
    };
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => document.removeEventListener("scroll", onScroll, { capture: true });
  }, [region, pause]);
}

/** Pauses the list while the pointer moves over rows, and for a moment after it stops. */
function usePauseOnPointing(region: React.RefObject<HTMLDivElement | null>, pause: (why: PauseReason) => void, stop: () => void) {
  useEffect(() => {
    const list = region.current;
    if (!list) return;
    let timer = 0;
    const onMove = (event: PointerEvent) => {
      if (event.pointerType !== "mouse" || !(event.target as HTMLElement).closest("[role=row]")) return;
      pause("pointing");
      clearTimeout(timer);
      timer = window.setTimeout(stop, POINTING);
    };
    const onLeave = () => {
      clearTimeout(timer);
      stop();
    };
    const onDown = () => pause("pointing");
    list.addEventListener("pointermove", onMove);
    list.addEventListener("pointerdown", onDown);
    list.addEventListener("pointerleave", onLeave);
    return () => {
      clearTimeout(timer);
      list.removeEventListener("pointermove", onMove);
      list.removeEventListener("pointerdown", onDown);
      list.removeEventListener("pointerleave", onLeave);
    };
  }, [region, pause, stop]);
}

/** The number of rows with the same fault. Offers the stream as a filter, because the list cannot be
 * filtered by fault. */
function alikeOf(rows: readonly Row[], id: string, show: (stream: string) => void) {
  const events = rows.flatMap((row) => ("event" in row ? [row.event] : []));
  const own = events.find((event) => event.id === id);
  if (!own?.field) return undefined;
  const count = events.filter((event) => event.field === own.field && event.wish === own.wish && event.stream === own.stream).length;
  return { count, stream: own.stream, show: () => show(own.stream) };
}
