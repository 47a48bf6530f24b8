import { useQueries } from "@tanstack/react-query";
import type { components } from "~/api/schema";
import { ShareBar } from "~/charts/small";
import { formatCount, formatPercent, ratioOf } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { useStores } from "~/state/store";
import { amountOf } from "./adjusted";
import type { Aggregation } from "./forecast";
import type { MeterFigure } from "./meters";
import { figureOf, formatQuantity, formatSigned, meterName, monthName } from "./names";
import { type Usage, usageQuery } from "./queries";

/** Maximum of stores that are compared: the first ones of the list. */
const MOST_STORES = 8;

/** The same meter and month of each store that the key may see. */
export function ByStore({ one, month }: { one: MeterFigure; month: string }) {
  const stores = useStores();
  const shown = stores.slice(0, MOST_STORES);
  const queries = useQueries({ queries: shown.map((store) => usageQuery(store.store_id, month)) });
  if (stores.length < 2) return null;
  const values = queries.map((query) => (query.data ? figureOf(query.data.meters.find((meter) => meter.meter === one.meter), one.aggregation) : null));
  const all = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const isWhole = (one.aggregation === "sum" || one.aggregation === "count") && values.every((value) => value !== null);
  const rows = shown.map((store, place) => ({ store, value: values[place] ?? null })).sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  return (
    <section aria-label="By store" className="border-b border-line px-4 py-3">
      <div className="flex justify-between gap-3">
        <h2 className="font-semibold">By store</h2>
        <span className="text-sm text-ink3">{meterName(one.meter)}{isWhole ? " · share" : ""}</span>
      </div>
      <ul className="mt-2 flex flex-col">
        {rows.map(({ store, value }) => (
          <li key={store.store_id} data-store={store.store_id} className="grid min-h-8 grid-cols-[minmax(0,1fr)_6rem_5rem_3.5rem] items-center gap-2">
            <Foreign>{store.name}</Foreign>
            <ShareBar share={(value ?? 0) / most} />
            <span className="text-right">{formatQuantity(one.meter, value)}</span>
            <span className="text-right text-sm text-ink3">{isWhole ? formatPercent(ratioOf(value, all)) : ""}</span>
          </li>
        ))}
      </ul>
      {stores.length > MOST_STORES && <p className="text-sm text-ink3">{`and ${formatCount(stores.length - MOST_STORES)} stores more, which are not compared`}</p>}
    </section>
  );
}

/** Adjustments of closed months by late events, billed in the month that is shown. */
export function Adjustments({ usage, kinds }: { usage: Usage; kinds: readonly components["schemas"]["MeterShown"][] }) {
  const kindOf = (meter: string) => (kinds.find((one) => one.meter === meter)?.aggregation ?? "sum") as Aggregation;
  return (
    <section aria-label="Adjustments" className="px-4 py-3">
      <h2>
        <span className="font-semibold">Adjustments</span> <span className="text-sm text-ink3">events that came after their month had closed</span>
      </h2>
      {usage.adjustments.length === 0 ? (
        <p className="mt-2 text-ink2">None: no event of a closed month came late.</p>
      ) : (
        <ul className="mt-2 flex max-h-72 flex-col overflow-auto">
          {usage.adjustments.map((one) => (
            <li key={`${one.for_period} ${one.meter}`} data-adjustment={`${one.for_period} ${one.meter}`} className="grid min-h-8 grid-cols-[minmax(0,1fr)_auto_5rem] items-center gap-3">
              <span>
                {monthName(one.for_period)}, <bdi>{meterName(one.meter)}</bdi>
              </span>
              <span className="text-sm text-ink3">{one.count === 1 ? "1 event" : `${formatCount(one.count)} events`}</span>
              <span className="text-right font-medium">{formatSigned(one.meter, amountOf(one, kindOf(one.meter)))}</span>
            </li>
          ))}
        </ul>
      )}
      {usage.next_cursor && <p className="text-sm text-ink3">There are more than are shown.</p>}
    </section>
  );
}
