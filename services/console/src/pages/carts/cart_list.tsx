import { Route } from "lucide-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { Badge } from "~/parts/badge";
import { formatDay, formatMoment, formatSeconds, zoneName } from "~/format/time";
import { Foreign } from "~/format/text";
import { Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { usePeriod } from "~/state/period";
import { usePageSearch } from "~/state/search";
import type { Sorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import type { CartEvent } from "./queries";
import type { components } from "~/api/schema";

export const CART_SORTS = ["created_at", "store", "product", "variant", "customer", "image"] as const;
export type CartSort = (typeof CART_SORTS)[number];

interface CartListProps {
  carts: UseQueryResult<components["schemas"]["CartPage"], Error>;
  sorting: Sorting<CartSort>;
  /** The active filters, in words. */
  filters: readonly string[];
  onClear: () => void;
}

/** Additions to carts; a row opens the journey of its customer. */
export function CartList({ carts, sorting, filters, onClear }: CartListProps) {
  const [search, change] = usePageSearch();
  const { time_zone: zone } = useStore();
  const { period } = usePeriod();
  return (
    <section aria-label="Additions to carts" className="min-w-0 flex-1">
      <Read query={carts} what="the carts">
        {(page) =>
          page.data.length === 0 && !search.cur ? (
            <Empty title={filters.length ? "No addition matches" : "Nothing was put into a cart in these days"} onClear={filters.length ? onClear : undefined}>
              {filters.length ? `Set are: ${filters.join(", ")}.` : "Carts appear with the first event that the shop sends to /api/cart-tracking/track."}
            </Empty>
          ) : (
            <>
              <Table
                label="Additions to carts"
                columns={columnsOf(zone, period.days > 1)}
                rows={page.data}
                idOf={(row) => row.eventId}
                sort={sorting.sort}
                onSort={sorting.setSort}
                onOpen={(row) => change({ row: row.eventId === search.row ? null : row.eventId })}
                chosen={search.row ?? null}
                isBusy={carts.isPlaceholderData}
              />
              <Pager shown={page.data.length} nextCursor={page.nextCursor} total={page.total} more={page.more} noun="additions" isBusy={carts.isPlaceholderData}>
                <span className="text-ink3">Sorted by when they arrived. Each shows when it happened, as the figures do.</span>
              </Pager>
            </>
          )
        }
      </Read>
    </section>
  );
}

function columnsOf(zone: string, hasDays: boolean): Column<CartEvent>[] {
  return [
    { id: "time", name: "Added", width: hasDays ? "10rem" : "7.5rem", phone: "aside", sort: { by: "created_at", first: "down" }, cell: (row) => <Time event={row} zone={zone} hasDay={hasDays} /> },
    { id: "store", name: "Store", width: "13%", from: "xl", phone: "hidden", sort: { by: "store", first: "up" }, cell: (row) => <Foreign>{row.storeName}</Foreign> },
    { id: "product", name: "Product", phone: "title", sort: { by: "product", first: "up" }, cell: (row) => <Foreign none="not named" className="font-medium">{row.productTitle ?? row.productId}</Foreign> },
    { id: "variant", name: "Variant", width: "14%", phone: "hidden", sort: { by: "variant", first: "up" }, cell: (row) => <Foreign none="none" className="font-mono text-sm">{row.variantId}</Foreign> },
    { id: "customer", name: "Customer", width: "19%", sort: { by: "customer", first: "up" }, cell: (row) => <Customer event={row} /> },
    { id: "image", name: "Image", width: "9rem", phone: "hidden", sort: { by: "image", first: "up" }, cell: (row) => <Image event={row} /> },
    { id: "journey", name: "Journey", width: "6.5rem", align: "right", from: "lg", phone: "hidden", cell: () => <JourneyMark /> },
  ];
}

/** Additions that arrive later than this after they happened are marked, in milliseconds. */
const LATE = 3_600_000;

/** When it happened, and when it arrived if that was much later. */
function Time({ event, zone, hasDay }: { event: CartEvent; zone: string; hasDay: boolean }) {
  const { occurredAt: at, createdAt: arrived } = event;
  const isLate = Date.parse(arrived) - Date.parse(at) > LATE;
  const title = `Happened ${formatMoment(at, zone)} ${zoneName(zone)} · ${at}\nArrived ${formatMoment(arrived, zone)} ${zoneName(zone)} · ${arrived}`;
  return (
    <time dateTime={at} title={title} className="block truncate">
      {hasDay && <span className="text-ink3">{formatDay(at, zone)} </span>}
      {formatSeconds(at, zone)}
      {isLate && <span className="text-ink3"> late</span>}
    </time>
  );
}

function Image({ event }: { event: CartEvent }) {
  if (event.generatedImageUrl) return <Badge tone="accent">generated</Badge>;
  if (event.personImageUrl) return <Badge>person’s photo</Badge>;
  if (event.clothingImageUrl) return <Badge>clothing photo</Badge>;
  return <span className="text-ink3">none</span>;
}

/** On phones the image is in the same line. */
function Customer({ event }: { event: CartEvent }) {
  return (
    <span className="flex min-w-0 items-center justify-end gap-2 md:block">
      <Foreign none="not known">{event.customerEmail}</Foreign>
      <span className="shrink-0 md:hidden">
        <Image event={event} />
      </span>
    </span>
  );
}

function JourneyMark() {
  return (
    <span aria-hidden="true" className="inline-flex items-center gap-1.5 text-ink2">
      <Route size={14} />
      Open
    </span>
  );
}
