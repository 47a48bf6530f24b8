import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useState } from "react";
import { client, dataOf } from "~/api/client";
import { formatCount } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { dayOf, formatDay, formatMoment, formatSeconds, zoneName } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Filter } from "~/parts/choices";
import { PAGE_ROWS, Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { Empty, LoadingRows } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { useChoice, useFilter, usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore, useStores } from "~/state/store";
import { Attempts } from "./attempts";
import { type Delivery, type Health, STATUS_TONES, answerOf } from "./words";

const STATUSES = [["all", "All"], ["pending", "Pending"], ["sent", "Sent"], ["failed", "Failed"], ["skipped", "Left out"]] as const;
type StatusChoice = (typeof STATUSES)[number][0];
const STATUS_NAMES: Record<Delivery["status"], string> = { pending: "pending", sent: "sent", failed: "failed", skipped: "left out" };
const SORTS = ["received_at"] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface DeliveriesProps {
  destinations: readonly Health[];
  /** Only this destination's, on its own page. */
  only?: string;
}

/** Single deliveries, read live, not from the totals. */
export function Deliveries({ destinations, only }: DeliveriesProps) {
  const store = useStore();
  const [search, change] = usePageSearch();
  const [status, setStatus] = useChoice<StatusChoice>("f.status", STATUSES.map(([one]) => one), "all");
  const { sort, setSort } = useSorting("deliveries", SORTS, "-received_at");
  const [destination, setDestination] = useFilter("destination");
  const [stream, setStream] = useFilter("stream");
  const [event, setEvent] = useFilter("event");
  const [of, setOf] = useFilter("store");
  const filters = {
    status: status === "all" ? undefined : status,
    destination: only ?? destination ?? undefined,
    stream: stream ?? undefined,
    event_id: event ?? undefined,
    store_id: of ?? undefined,
    sort,
  };
  const list = useQuery({
    queryKey: ["delivery", "events", filters, search.cur],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/events", { params: { query: { ...filters, limit: PAGE_ROWS, cursor: search.cur } }, signal })),
  });
  const chosen = search.row ?? null;
  const held = new Set(destinations.filter((one) => one.breaker.state !== "closed").map((one) => one.destination_id));
  const isFiltered = Boolean(filters.status || stream || event || of || (!only && destination));
  const clear = () => change({ "f.status": null, "f.destination": null, "f.stream": null, "f.event": null, "f.store": null });
  return (
    <section aria-labelledby="deliveries" className="border-t border-line">
      <div role="group" aria-label="Filters of deliveries" className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h2 id="deliveries" className="mr-1 font-semibold">
          Deliveries
        </h2>
        <Segmented label="Status" value={status} choices={STATUSES} onChoose={setStatus} />
        {!only && <Filter label="Destination" value={destination} onChoose={setDestination} choices={destinations.map(({ name }) => ({ value: name, name }))} />}
        <StreamFilter value={stream} onChoose={setStream} />
        <StoreFilter value={of} onChoose={setOf} />
        <EventFilter value={event} onChoose={setEvent} />
        <span className="ml-auto text-sm text-ink3">read now, not from the totals</span>
      </div>
      <Read query={list} what="the deliveries" loading={<LoadingRows rows={6} />}>
        {(page) =>
          page.data.length === 0 && !search.cur ? (
            isFiltered ? (
              <Empty title="No delivery matches these filters" onClear={clear} />
            ) : (
              <Empty title="Nothing was delivered yet">Events are queued for a destination as soon as there is one.</Empty>
            )
          ) : (
            <>
              <Table
                label="Deliveries"
                columns={columnsOf(store.time_zone, held, only === undefined)}
                rows={page.data}
                idOf={idOf}
                sort={sort}
                onSort={setSort}
                chosen={chosen}
                onOpen={(row) => change({ row: idOf(row) === chosen ? null : idOf(row) })}
                detailOf={(row) => <AttemptsOf one={row} zone={store.time_zone} />}
                isBusy={list.isPlaceholderData}
              />
              <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun="deliveries" isBusy={list.isPlaceholderData} />
            </>
          )
        }
      </Read>
    </section>
  );
}

function idOf(row: Delivery): string {
  return `${row.event_id}.${row.destination_id.slice(0, 8)}`;
}

function columnsOf(zone: string, held: ReadonlySet<string>, hasDestination: boolean): Column<Delivery>[] {
  const columns: Column<Delivery>[] = [
    { id: "received", name: `Received, ${zoneName(zone)}`, width: "14%", cell: (row) => <Received at={row.received_at} zone={zone} />, sort: { by: "received_at", first: "down" } },
    { id: "destination", name: "Destination", width: "13%", phone: "hidden", cell: (row) => <Foreign none="removed">{row.destination}</Foreign> },
    { id: "stream", name: "Stream", width: "10%", phone: "hidden", cell: (row) => <Foreign className="text-ink2">{row.stream}</Foreign> },
    { id: "type", name: "Type", width: "15%", cell: (row) => <TypeCell row={row} /> },
    { id: "status", name: "Status", width: "9%", phone: "aside", cell: (row) => <Badge tone={STATUS_TONES[row.status]}>{STATUS_NAMES[row.status]}</Badge> },
    { id: "attempts", name: "Attempts", width: "8%", align: "right", phone: "hidden", cell: (row) => formatCount(row.attempts) },
    { id: "answer", name: "Last answer", cell: (row) => <Foreign className="text-ink2">{answerOf(row, held.has(row.destination_id))}</Foreign> },
  ];
  return hasDestination ? columns : columns.filter((one) => one.id !== "destination");
}

/** On phones the destination is before the type. */
function TypeCell({ row }: { row: Delivery }) {
  return (
    <span className="flex min-w-0 gap-1.5">
      <span className="min-w-0 truncate text-ink2 md:hidden">
        <Foreign none="removed">{row.destination}</Foreign>
      </span>
      <Foreign className="font-medium">{row.event_type}</Foreign>
    </span>
  );
}

/** "15:42:04.982", with the day if it was not today. */
function Received({ at, zone }: { at: string; zone: string }) {
  const isToday = dayOf(at, zone) === dayOf(Date.now(), zone);
  return (
    <time dateTime={at} title={`${formatMoment(at, zone)} ${zoneName(zone)} · ${at}`}>
      {isToday ? "" : `${formatDay(at, zone)}, `}
      {formatSeconds(at, zone, 3)}
    </time>
  );
}

/** All attempts at one delivery. */
function AttemptsOf({ one, zone }: { one: Delivery; zone: string }) {
  const query = useQuery({
    queryKey: ["delivery", "event", one.event_id],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/events/{event_id}", { params: { path: { event_id: one.event_id } }, signal })),
  });
  return (
    <div className="bg-canvas px-4 pt-2 pb-4">
      <p className="font-mono text-sm break-all text-ink3">event {one.event_id}</p>
      <Read query={query} what="the attempts" loading={<LoadingRows rows={2} />}>
        {({ data }) => <Attempts log={data.find((found) => found.destination_id === one.destination_id && found.store_id === one.store_id)?.attempt_log ?? []} zone={zone} label="Attempts of this delivery" />}
      </Read>
    </div>
  );
}

interface FilterProps {
  value: string | null;
  onChoose: (value: string | null) => void;
}

function StreamFilter({ value, onChoose }: FilterProps) {
  const streams = useQuery({
    queryKey: ["streams"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/streams", { signal })),
    staleTime: Infinity,
  });
  const choices = (streams.data?.data ?? []).map(({ name }) => ({ value: name, name }));
  return <Filter label="Stream" value={value} onChoose={onChoose} choices={choices} />;
}

function StoreFilter({ value, onChoose }: FilterProps) {
  const stores = useStores();
  if (stores.length < 2) return null;
  return <Filter label="Store" value={value} onChoose={onChoose} choices={stores.map((one) => ({ value: one.store_id, name: one.name }))} />;
}

/** Filters by event id; a typed id is checked before the request. */
function EventFilter({ value, onChoose }: FilterProps) {
  const [text, setText] = useState(value ?? "");
  const [fault, setFault] = useState(false);
  const id = useId();
  useEffect(() => setText(value ?? ""), [value]);
  function submit(event: FormEvent) {
    event.preventDefault();
    const id = text.trim();
    setFault(id !== "" && !UUID.test(id));
    if (id === "" || UUID.test(id)) onChoose(id === "" ? null : id.toLowerCase());
  }
  return (
    <form onSubmit={submit} className="flex items-center gap-1">
      <input
        aria-label="Event id"
        aria-invalid={fault || undefined}
        aria-describedby={fault ? id : undefined}
        placeholder="Event id"
        value={text}
        onChange={(event) => setText(event.target.value)}
        spellCheck={false}
        className="h-8 w-36 rounded-control border border-edge bg-surface px-2 font-mono text-sm aria-invalid:border-bad pointer-coarse:h-9"
      />
      <Button type="submit" size="small">
        Find
      </Button>
      {fault && (
        <span id={id} role="alert" className="text-sm text-bad">
          An event id is a UUID.
        </span>
      )}
    </form>
  );
}
