import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { components } from "~/api/schema";
import { Read } from "~/parts/read";
import { Empty, LoadingRows } from "~/parts/states";
import { Page } from "~/shell/page";
import { sharedOf, usePageSearch } from "~/state/search";
import { Deliveries } from "./deliveries";
import { Destinations } from "./destinations";
import { destinationsQuery, totalsQuery } from "./queries";
import { Summary, TotalsAge } from "./totals";

type Counts = components["schemas"]["DeliveryCounts"];
type Totals = components["schemas"]["StatsAnswer"];

export default function Delivery() {
  const [search] = usePageSearch();
  const totals = useQuery(totalsQuery);
  const destinations = useQuery(destinationsQuery);
  const counts = useMemo(() => totals.data && sumsOf(totals.data), [totals.data]);
  return (
    <Page title="Delivery" scope="all stores" actions={<TotalsAge query={totals} />}>
      <Read query={totals} what="the totals" loading={<Summary totals={undefined} destinations={destinations.data?.data} />}>
        {(found) => <Summary totals={found} destinations={destinations.data?.data} />}
      </Read>
      {/* The text about their state above can grow, so the parts below wait for it. Nothing then moves. */}
      {destinations.isPending ? (
        <LoadingRows rows={4} />
      ) : (
        <>
          <section aria-label="Destinations, of all stores">
            <Read query={destinations} what="the destinations">
              {({ data }) =>
                data.length === 0 ? (
                  <Empty title="There is no destination yet">
                    <Link to="/settings" search={{ ...sharedOf(search), part: "destinations" } as never} className="text-accent underline">
                      Add one under Settings
                    </Link>
                    : events that come in from then on are sent to it. A key of one store sees the destinations of that store alone.
                  </Empty>
                ) : (
                  <Destinations destinations={data} counts={counts} />
                )
              }
            </Read>
          </section>
          <Deliveries destinations={destinations.data?.data ?? []} />
        </>
      )}
    </Page>
  );
}

/** Totals of each destination over all stores. */
function sumsOf(totals: Totals): Map<string, Counts> {
  const sums = new Map<string, Counts>();
  for (const row of totals.data.by_destination) {
    const sum = sums.get(row.destination_id) ?? { pending: 0, sent: 0, failed: 0, skipped: 0 };
    sums.set(row.destination_id, {
      pending: sum.pending + row.pending,
      sent: sum.sent + row.sent,
      failed: sum.failed + row.failed,
      skipped: sum.skipped + row.skipped,
    });
  }
  return sums;
}
