import { useQueries, useQuery } from "@tanstack/react-query";
import { UNKNOWN } from "~/format/numbers";
import { formatDay } from "~/format/time";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { adjustedOf } from "./adjusted";
import type { Aggregation } from "./forecast";
import { figureOf, formatQuantity, formatSigned, meterName, monthName } from "./names";
import { MONTHS, type Statement, type Usage, statementQuery, statementsQuery } from "./queries";

interface PeriodsProps {
  meters: readonly { meter: string; aggregation: Aggregation }[];
  current: Usage;
  isCurrentOpen: boolean;
}

interface PeriodRow {
  period: string;
  closedAt: string;
  statement: Statement | undefined;
}

/** Closed months with the figures of their statements, and later adjustments. */
export function Periods({ meters, current, isCurrentOpen }: PeriodsProps) {
  const store = useStore();
  const [, change] = usePageSearch();
  const list = useQuery(statementsQuery(store.store_id));
  const shown = (list.data ?? []).slice(0, MONTHS);
  const statements = useQueries({ queries: shown.map(({ period }) => statementQuery(store.store_id, period)) });
  const rows: PeriodRow[] = shown.map(({ period, closed_at }, place) => ({ period, closedAt: closed_at, statement: statements[place]?.data }));
  const later = (period: string) => [...rows.filter((row) => row.period > period).flatMap((row) => (row.statement ? [row.statement] : [])), ...(isCurrentOpen ? [current] : [])];
  return (
    <section aria-label="Earlier months" className="pt-3">
      <h2 className="mb-1 px-4">
        <span className="font-semibold">Earlier months</span> <span className="text-sm text-ink3">closed, by their statements · in brackets what came late since</span>
      </h2>
      <Read query={list} what="the statements" loading={<LoadingRows rows={3} />}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-4 py-3 text-ink2">No month is closed yet. One closes an hour after it is over.</p>
          ) : (
            <>
              <Table label="Earlier months" columns={columnsOf(meters, later, store.time_zone)} rows={rows} idOf={(row) => row.period} onOpen={(row) => change({ month: row.period })} />
              {all.length > MONTHS && <p className="px-4 py-2 text-sm text-ink3">Older ones are under the month above.</p>}
            </>
          )
        }
      </Read>
    </section>
  );
}

function columnsOf(meters: PeriodsProps["meters"], later: (period: string) => { adjustments: Usage["adjustments"] }[], zone: string): Column<PeriodRow>[] {
  return [
    { id: "period", name: "Month", phone: "title", cell: (row) => <span className="font-medium">{monthName(row.period)}</span> },
    ...meters.map(
      ({ meter, aggregation }): Column<PeriodRow> => ({
        id: meter,
        name: meterName(meter),
        width: "17%",
        align: "right",
        cell: ({ period, statement }) => {
          if (!statement) return UNKNOWN;
          const late = adjustedOf(later(period), period, meter, aggregation);
          const figure = formatQuantity(meter, figureOf(statement.meters.find((one) => one.meter === meter), aggregation));
          return late === 0 ? (
            figure
          ) : (
            <>
              {figure} <span className="text-ink3">({formatSigned(meter, late)})</span>
            </>
          );
        },
      }),
    ),
    { id: "closed", name: "Closed", width: "11%", align: "right", phone: "aside", cell: (row) => <time dateTime={row.closedAt}>{formatDay(row.closedAt, zone)}</time> },
  ];
}
