import { ChevronDown, ChevronRight, Image, Megaphone, ChartColumn, Webhook } from "lucide-react";
import type { components } from "~/api/schema";
import { Spark } from "~/charts/small";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { formatDuration } from "~/format/time";
import { Dot } from "~/parts/badge";
import { type Column, Table } from "~/parts/table";
import { sharedOf, usePageSearch } from "~/state/search";
import { PauseButton } from "./acts";
import { DestinationDetail } from "./detail";
import { useNow } from "./now";
import { type Health, stateOf } from "./words";

type Counts = components["schemas"]["DeliveryCounts"];

const ICONS: Record<string, typeof Webhook> = { webhook: Webhook, ga4: ChartColumn, meta_capi: Megaphone, image_archive: Image };

/** A destination with its totals, if they are known. */
interface DestinationRow {
  one: Health;
  counts: Counts | undefined;
}

interface DestinationsProps {
  destinations: readonly Health[];
  /** Totals by destination id; undefined before there are any. */
  counts: ReadonlyMap<string, Counts> | undefined;
}

const NO_COUNTS: Counts = { pending: 0, sent: 0, failed: 0, skipped: 0 };

/** A row for each destination; it expands if there is room, else opens as a page. */
export function Destinations({ destinations, counts }: DestinationsProps) {
  const [search, change] = usePageSearch();
  const now = useNow();
  const rows = destinations.map((one) => ({ one, counts: counts && (counts.get(one.destination_id) ?? NO_COUNTS) }));
  const chosen = search.row ?? null;
  const isWide = window.matchMedia("(min-width: 48rem)").matches;
  return (
    <Table<DestinationRow>
      label="Destinations"
      columns={columnsOf(now, chosen)}
      rows={rows}
      idOf={({ one }) => one.name}
      chosen={chosen}
      rowHeight={36}
      {...(isWide
        ? {
            onOpen: ({ one }) => change({ row: one.name === chosen ? null : one.name }),
            detailOf: ({ one }) => <DestinationDetail destination={one.name} />,
          }
        : { linkOf: ({ one }) => ({ to: `/delivery/${one.name}`, search: sharedOf(search) }) })}
    />
  );
}

function columnsOf(now: number, chosen: string | null): Column<DestinationRow>[] {
  return [
    { id: "name", name: "Destination", cell: ({ one }) => <Name one={one} isOpen={one.name === chosen} /> },
    { id: "state", name: "State · breaker", width: "20%", phone: "aside", cell: ({ one }) => <State one={one} now={now} /> },
    { id: "pending", name: "Pending", width: "9%", align: "right", cell: ({ one, counts }) => <Toned value={counts?.pending} tone="text-warn" isLoud={one.status !== "active" || one.breaker.state !== "closed"} /> },
    { id: "sent", name: "Sent", width: "9%", align: "right", cell: ({ counts }) => <span className="text-ink2">{formatCount(counts?.sent)}</span> },
    { id: "failed", name: "Failed", width: "8%", align: "right", cell: ({ counts }) => <Toned value={counts?.failed} tone="text-bad" isLoud /> },
    { id: "p95", name: "p95, last hour", width: "15%", align: "right", cell: ({ one }) => <Speed one={one} /> },
    { id: "oldest", name: "Oldest waits", width: "10%", align: "right", cell: ({ one }) => <span className="text-ink2">{ageOf(one, now)}</span> },
    { id: "acts", name: "Pause", width: "4rem", align: "right", phone: "hidden", cell: ({ one }) => <PauseButton one={one} /> },
  ];
}

function Name({ one, isOpen }: { one: Health; isOpen: boolean }) {
  const Icon = ICONS[one.kind] ?? Webhook;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Chevron aria-hidden="true" size={14} className="shrink-0 text-ink3 max-md:hidden" />
      <Icon aria-hidden="true" size={15} className="shrink-0 text-ink3" />
      <span className="shrink-0 font-medium">{one.name}</span>
      <span className="min-w-0 truncate text-sm text-ink3">
        <Foreign none={one.kind}>{one.address}</Foreign>
      </span>
    </span>
  );
}

export function State({ one, now }: { one: Health; now: number }) {
  const { tone, text } = stateOf(one, now);
  return (
    <span className="flex min-w-0 items-center gap-2 max-md:justify-end">
      <Dot tone={tone} />
      <span className="truncate" data-state>
        {text}
      </span>
    </span>
  );
}

/** A count that is coloured if it needs attention. */
function Toned({ value, tone, isLoud }: { value: number | undefined; tone: string; isLoud: boolean }) {
  return <span className={value && isLoud ? tone : ""}>{formatCount(value)}</span>;
}

function Speed({ one }: { one: Health }) {
  const { p50, p95, delivered, failed, by_time } = one.requests;
  if (p95 === null) {
    return <span title={failed ? `${formatCount(failed)} requests failed, none was taken.` : "Nothing was sent in the last hour."}>{UNKNOWN}</span>;
  }
  const words = `${formatCount(delivered)} requests taken, half of them within ${formatDuration(p50)}, 95% within ${formatDuration(p95)}; ${formatCount(failed)} failed`;
  return (
    <span className="flex items-center justify-end gap-2" title={words}>
      <Spark values={by_time.map((step) => step.p95)} label={words} />
      <span className="w-14">{formatDuration(p95)}</span>
    </span>
  );
}

export function ageOf(one: Health, now: number): string {
  const { oldest_at, events } = one.waiting;
  if (!oldest_at) return events === 0 ? "nothing waits" : UNKNOWN;
  return formatDuration(Math.max(0, Math.floor((now - Date.parse(oldest_at)) / 1000)) || 0);
}
