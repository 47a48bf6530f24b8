import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Read } from "~/parts/read";
import { Empty, LoadingRows } from "~/parts/states";
import { formatDay, formatDuration, zoneName } from "~/format/time";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { AllMeters } from "./all_meters";
import { Adjustments, ByStore } from "./aside";
import { LimitBanner } from "./banner";
import { DayChart } from "./day_chart";
import type { Aggregation, Span } from "./forecast";
import { type MeterFigure, figuresOf, worstOf } from "./meters";
import { BUILT_IN, monthName } from "./names";
import { Periods } from "./periods";
import { type Limits, type Usage, limitsQuery, metersQuery, statementsQuery, usageQuery } from "./queries";
import { MeterStrip } from "./strip";

/** Maximum of meters in the row; the list has all of them. */
const IN_ROW = 4;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

export default function UsagePage() {
  const store = useStore();
  const [search, change] = usePageSearch();
  const month = search.month && MONTH.test(search.month) ? search.month : undefined;
  const usage = useQuery(usageQuery(store.store_id, month));
  const limits = useQuery(limitsQuery(store.store_id));
  const statements = useQuery(statementsQuery(store.store_id));
  const months = (statements.data ?? []).map((one) => one.period);
  const open = limits.data?.period.slice(0, 7);
  return (
    <Page
      title="Usage"
      actions={<MonthChoice open={open} months={months} value={month ?? open ?? ""} onChoose={(next) => change({ month: next === open ? null : next })} />}
      freshness={freshnessOf(usage, limits)}
    >
      {store.store_id === "" ? (
        <Empty title="There is no store yet">What a store uses is counted from its first event on. The page fills by itself.</Empty>
      ) : (
        <Read query={limits} what="the limits" loading={<Skeleton />}>
          {(plan) => (
            <Read query={usage} what="the usage" loading={<Skeleton />}>
              {(found) => <Loaded usage={found} limits={plan} />}
            </Read>
          )}
        </Read>
      )}
    </Page>
  );
}

function Skeleton() {
  return (
    <>
      <MeterStrip figures={BUILT_IN.map(unknownFigure)} chosen="" onChoose={() => undefined} zone="UTC" endsAt={null} isLoading />
      <LoadingRows />
    </>
  );
}

function unknownFigure(meter: string): MeterFigure {
  return { meter, aggregation: "sum", usage: undefined, used: 0, soft: null, hard: null, standing: { tone: "ok", word: "", at: null }, end: null };
}

function Loaded({ usage, limits }: { usage: Usage; limits: Limits }) {
  const zone = useStore().time_zone;
  const [search, change] = usePageSearch();
  const kinds = useQuery(metersQuery);
  const month = usage.period!;
  const isOpen = limits.period.startsWith(month);
  const endsAt = isOpen ? Date.parse(limits.ends_at) : null;
  const figures = useMemo(() => {
    const known = new Map((kinds.data ?? []).map((one) => [one.meter, one.aggregation as Aggregation]));
    const span: Span | null = isOpen ? { startsAt: Date.parse(limits.starts_at), endsAt: Date.parse(limits.ends_at), now: Date.now() } : null;
    return figuresOf(usage, isOpen ? limits : null, known, span);
  }, [usage, limits, kinds.data, isOpen]);
  const chosen = figures.find((one) => one.meter === search.m) ?? figures[0]!;
  const row = figures.slice(0, IN_ROW);
  const worst = worstOf(figures);
  const choose = (meter: string) => change({ m: meter === figures[0]!.meter ? null : meter });
  return (
    <>
      <MeterStrip figures={row} chosen={chosen.meter} onChoose={choose} zone={zone} endsAt={endsAt} />
      {worst && endsAt !== null && <LimitBanner one={worst} zone={zone} endsAt={endsAt} />}
      <PlanLine usage={usage} limits={limits} zone={zone} isOpen={isOpen} />
      <div className="grid border-b border-line xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <DayChart one={chosen} month={month} zone={zone} />
        <div className="min-w-0 border-line max-xl:border-t xl:border-l">
          <ByStore one={chosen} month={month} />
          <Adjustments usage={usage} kinds={kinds.data ?? []} />
        </div>
      </div>
      <AllMeters figures={figures} chosen={chosen.meter} onChoose={choose} month={month} zone={zone} />
      <Periods meters={row.map(({ meter, aggregation }) => ({ meter, aggregation }))} current={usage} isCurrentOpen={isOpen} />
    </>
  );
}

function PlanLine({ usage, limits, zone, isOpen }: { usage: Usage; limits: Limits; zone: string; isOpen: boolean }) {
  const left = (Date.parse(limits.ends_at) - Date.now()) / 1000;
  return (
    <p className="border-b border-line px-4 py-2 text-sm text-ink2">
      {isOpen ? (
        <>
          {limits.plan === null ? "The store has no plan, so nothing is limited." : `Plan “${limits.plan}”${limits.plan_since ? `, since ${formatDay(limits.plan_since, zone)}` : ""}.`} {monthName(usage.period!)} is open for another {formatDuration(left)} · days
          of {zoneName(zone)} · forecasts go on at the month’s pace so far
        </>
      ) : (
        <>
          {monthName(usage.period!)} is {usage.state === "closed" ? "closed: these figures are its statement’s, and no later event changes them" : "being closed: its statement is on its way"}.
          {usage.hash && (
            <>
              {" "}
              Hash <span className="font-mono text-xs break-all">{usage.hash}</span>
            </>
          )}
        </>
      )}
    </p>
  );
}

interface MonthChoiceProps {
  open: string | undefined;
  months: readonly string[];
  value: string;
  onChoose: (month: string) => void;
}

function MonthChoice({ open, months, value, onChoose }: MonthChoiceProps) {
  const all = [...new Set([...(open ? [open] : []), ...months, ...(value ? [value] : [])])].sort().reverse();
  return (
    <select aria-label="Month" value={value} onChange={(event) => onChoose(event.target.value)} className="h-8 w-45 rounded-control border border-line2 bg-surface px-2 font-medium pointer-coarse:h-11">
      {all.map((month) => (
        <option key={month} value={month}>
          {monthName(month)}
          {month === open ? ", open" : ""}
        </option>
      ))}
    </select>
  );
}
