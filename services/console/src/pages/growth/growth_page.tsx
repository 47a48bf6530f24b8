/** The common part of Landing pages and Campaigns: figures that choose the chart, days, and a sorted list. */

import { type UseQueryResult } from "@tanstack/react-query";
import { X } from "lucide-react";
import { LineChart } from "~/charts/line_chart";
import type { Series } from "~/charts/model";
import { Foreign, readable } from "~/format/text";
import { formatClock } from "~/format/time";
import { Button } from "~/parts/button";
import { type Figure, FigureStrip } from "~/parts/figures";
import { Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { useChoice, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { type DayFigures, figuresBeside, figuresByDay } from "./days";

/** A figure of the strip, and how the chart draws it by day. */
export interface GrowthFigure<Day> extends Figure {
  ofDay: (day: Day | undefined) => number | null;
  format: (value: number | null) => string;
  isShare?: boolean;
}

export interface Listing<Row> {
  data: readonly Row[];
  total: number;
  more: boolean;
  next_cursor?: string | null;
}

interface GrowthPageProps<Day extends DayFigures, Row> {
  title: string;
  /** "landing pages" and "landing page". */
  noun: string;
  single: string;
  stats: UseQueryResult<{ by_day: readonly Day[] }, Error>;
  /** The days of the earlier period, if there is one and it is loaded. */
  earlier?: readonly Day[];
  list: UseQueryResult<Listing<Row>, Error>;
  figures: readonly GrowthFigure<Day>[];
  columns: readonly Column<Row>[];
  idOf: (row: Row) => string;
  sort: string;
  onSort: (sort: string) => void;
  /** Shown without events: how events of this kind get here. */
  firstRun: React.ReactNode;
}

export function GrowthPage<Day extends DayFigures, Row>(props: GrowthPageProps<Day, Row>) {
  const { title, noun, stats, list, figures, columns, idOf, sort, onSort } = props;
  const [search, change] = usePageSearch();
  const [measure, setMeasure] = useChoice("m", figures.map((one) => one.id), figures[0]!.id);
  const chosen = search.row ?? null;
  const isLoading = stats.data === undefined;
  return (
    <Page title={title} period comparison freshness={freshnessOf(stats, list)}>
      {chosen !== null && <ChosenBar single={props.single} noun={noun} id={chosen} onClose={() => change({ row: null })} />}
      <Read query={stats} what={`the figures of ${noun}`} loading={<Figures {...props} measure={measure} onChoose={setMeasure} isLoading />}>
        {() => <Figures {...props} measure={measure} onChoose={setMeasure} isLoading={isLoading} />}
      </Read>
      <section aria-label={`List of ${noun}`} className="border-t border-line">
        <Read query={list} what={`the ${noun}`}>
          {(page) =>
            page.data.length === 0 && !search.cur ? (
              <Empty title={`No ${noun} in this period`}>{props.firstRun}</Empty>
            ) : (
              <>
                <Table
                  label={title}
                  columns={columns}
                  rows={page.data}
                  idOf={idOf}
                  sort={sort}
                  onSort={onSort}
                  chosen={chosen}
                  onOpen={(row) => change({ row: idOf(row) === chosen ? null : idOf(row) })}
                  isBusy={list.isPlaceholderData}
                />
                <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun={noun} isBusy={list.isPlaceholderData} />
              </>
            )
          }
        </Read>
      </section>
    </Page>
  );
}

interface ChosenBarProps {
  single: string;
  noun: string;
  id: string;
  onClose: () => void;
}

/** Shown if the figures above the list are those of a single row. */
function ChosenBar({ single, noun, id, onClose }: ChosenBarProps) {
  return (
    <div role="status" className="flex min-h-11 items-center gap-3 border-b border-line bg-accent-soft px-4 py-1.5">
      <p className="flex min-w-0 gap-1">
        <span className="shrink-0">Figures of the {single}</span>
        <Foreign className="font-semibold">{id}</Foreign>
      </p>
      <Button size="small" className="ml-auto" icon={<X aria-hidden="true" size={14} />} onClick={onClose}>
        All {noun}
      </Button>
    </div>
  );
}

interface FiguresProps<Day extends DayFigures, Row> extends GrowthPageProps<Day, Row> {
  measure: string;
  onChoose: (id: string) => void;
  isLoading: boolean;
}

function Figures<Day extends DayFigures, Row>({ title, stats, earlier, figures, measure, onChoose, isLoading }: FiguresProps<Day, Row>) {
  const figure = figures.find((one) => one.id === measure) ?? figures[0]!;
  return (
    <>
      <FigureStrip label={`${title} in figures`} figures={figures} chosen={measure} onChoose={onChoose} isLoading={isLoading} />
      <div className="min-h-[21.5rem]">{stats.data && <DayChart figure={figure} found={stats.data.by_day} earlier={earlier} at={stats.dataUpdatedAt} />}</div>
    </>
  );
}

interface DayChartProps<Day> {
  figure: GrowthFigure<Day>;
  found: readonly Day[];
  earlier?: readonly Day[];
  at: number;
}

function DayChart<Day extends DayFigures>({ figure, found, earlier, at }: DayChartProps<Day>) {
  const zone = useStore().time_zone;
  const { period, compared } = usePeriod();
  const { buckets, days } = figuresByDay(period, zone, found, at);
  const values = days.map(figure.ofDay);
  const series: Series[] = [{ id: figure.id, name: earlier ? period.dates : figure.name, color: "s1", values }];
  if (earlier && compared.days) {
    const before = figuresBeside(period, zone, earlier, compared.choice, at).map(figure.ofDay);
    series.push({ id: "before", name: compared.name!.split(",")[0]!, color: "previous", values: before, isPrevious: true });
  }
  const isRunning = buckets.some((one) => !one.isComplete);
  const most = values.reduce<number | null>((top, value) => (value !== null && (top === null || value > top) ? value : top), null);
  return (
    <LineChart
      title={`${figure.name} by day`}
      sentence={`${readable(figure.name)} by day, ${period.dates} ${period.zone}: ${figure.value} in all, ${figure.format(most)} on the strongest day.`}
      buckets={buckets}
      series={series}
      grain="day"
      zone={zone}
      format={figure.format}
      isShare={figure.isShare}
      note={isRunning ? `Today is not over: counted to ${formatClock(at, zone)} ${period.zone}. Late events may still be added to the days before.` : "Late events may still be added."}
    />
  );
}
