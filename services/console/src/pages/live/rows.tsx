import { Link } from "@tanstack/react-router";
import { type ReactNode, memo, useRef } from "react";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatDuration, formatSeconds } from "~/format/time";
import { useKeys } from "~/shell/keys";
import type { Gap, LiveEvent, Row } from "./model";
import { StageTrack } from "./stage_track";

export interface RowsProps {
  rows: readonly Row[];
  zone: string;
  /** The id of the open event. */
  chosen: string | null;
  nameOf: (store: string | null) => string;
  linkOf: (id: string) => { to: string; search: Record<string, string> };
  onChoose: () => void;
  /** Whether an event is open beside the list. */
  isBeside: boolean;
}

const FEW = "md:grid md:grid-cols-[6.5rem_5rem_8.5rem_minmax(0,1fr)_5.5rem] md:items-center md:gap-x-3";
const ALL = `${FEW} xl:grid-cols-[6.5rem_5rem_6rem_8.5rem_minmax(0,1fr)_8.5rem_5.5rem]`;

/** Beside an open event, the columns for stream and store are left out. */
const columnsOf = (isBeside: boolean) => (isBeside ? FEW : ALL);
const hiddenOf = (isBeside: boolean) => (isBeside ? "hidden" : "max-xl:hidden");

/** The newest events. The browser does not draw rows out of sight. */
export function Rows(props: RowsProps) {
  const body = useRef<HTMLDivElement>(null);
  useRowKeys(body);
  return (
    <div role="table" aria-label="Events, newest first" aria-rowcount={props.rows.length + 1} className="relative min-w-0">
      <div role="rowgroup" className="sticky top-0 z-10 bg-surface max-md:hidden">
        <div role="row" className={`${columnsOf(props.isBeside)} h-8 border-b border-line px-4 text-sm font-medium text-ink2`}>
          <Head>Time</Head>
          <Head>Stage</Head>
          <Head className={hiddenOf(props.isBeside)}>Stream</Head>
          <Head>Type</Head>
          <Head>What</Head>
          <Head className={hiddenOf(props.isBeside)}>Store</Head>
          <Head className="text-right">Applied</Head>
        </div>
      </div>
      <div role="rowgroup" ref={body}>
        {props.rows.map((row) =>
          "gap" in row ? (
            <GapRow key={row.key} gap={row.gap} />
          ) : (
            <EventRow key={row.key} event={row.event} zone={props.zone} isChosen={props.chosen === row.key} store={props.nameOf(row.event.store_id)} linkOf={props.linkOf} onChoose={props.onChoose} isBeside={props.isBeside} />
          ),
        )}
      </div>
    </div>
  );
}

function Head({ children, className = "" }: { children: string; className?: string }) {
  return (
    <span role="columnheader" className={className}>
      {children}
    </span>
  );
}

interface EventRowProps extends Pick<RowsProps, "zone" | "linkOf" | "onChoose" | "isBeside"> {
  event: LiveEvent;
  isChosen: boolean;
  store: string;
}

const EventRow = memo(function EventRow({ event, zone, isChosen, store, linkOf, onChoose, isBeside }: EventRowProps) {
  const isBad = event.stage === "rejected" || event.stage === "dead";
  const link = linkOf(event.id);
  const tone = isChosen ? "bg-accent-soft" : isBad ? "bg-bad-soft" : "hover:bg-hover";
  return (
    <div
      role="row"
      aria-current={isChosen || undefined}
      className={`${columnsOf(isBeside)} live-row relative border-b border-line px-4 max-md:grid max-md:grid-cols-[auto_minmax(0,1fr)_auto] max-md:gap-x-3 max-md:gap-y-0.5 max-md:py-2 ${tone} ${isBad ? "shadow-[inset_2px_0_0_var(--bad-dot)]" : ""}`}
    >
      <span role="cell" className="order-3 whitespace-nowrap max-md:text-sm max-md:text-ink2 md:order-none">
        <Link
          to={link.to}
          search={link.search as never}
          data-opener={event.id}
          resetScroll={false}
          onClick={onChoose}
          aria-label={`${formatSeconds(event.received_at, zone, 3)} ${readable(event.type || event.stream)}`}
          className="block after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-[-2px] focus-visible:after:outline-accent"
        >
          <span className="max-md:hidden">{formatSeconds(event.received_at, zone, 3)}</span>
          <span className="md:hidden">{formatSeconds(event.received_at, zone)}</span>
        </Link>
      </span>
      <span role="cell" className="order-1 self-center md:order-none">
        <StageTrack stage={event.stage} />
      </span>
      <span role="cell" className={`truncate text-ink2 ${hiddenOf(isBeside)}`}>
        {event.stream}
      </span>
      <Cell className="order-2 font-medium md:order-none" title={event.type}>
        {readable(event.type) || "–"}
        <span className={`ml-2 font-normal text-ink3 ${isBeside ? "" : "xl:hidden"}`}>{event.stream}</span>
      </Cell>
      <span role="cell" className="order-4 min-w-0 max-md:col-span-3 max-md:text-sm md:order-none">
        <What event={event} />
      </span>
      <Cell className={`text-ink2 ${hiddenOf(isBeside)}`} title={store}>
        {readable(store)}
      </Cell>
      <span role="cell" className="text-right whitespace-nowrap text-ink2 max-md:hidden">
        {event.applied_ms !== null ? formatDuration(event.applied_ms / 1000) : <span className="text-ink3">{event.stage === "accepted" ? "…" : "–"}</span>}
      </span>
    </div>
  );
});

function Cell({ children, className, title }: { children: ReactNode; className: string; title: string }) {
  return (
    <bdi role="cell" className={`min-w-0 truncate ${className}`} title={readable(title)}>
      {children}
    </bdi>
  );
}

/** The event's content; for a rejected one, the field, its value, and what is required. */
function What({ event }: { event: LiveEvent }) {
  if (event.stage !== "rejected" && event.stage !== "dead") {
    const aside = event.stage === "duplicate" ? "same event id, counted once" : "";
    const text = readable([event.what, aside].filter(Boolean).join(" · "));
    return (
      <bdi className={`block truncate ${event.stage === "duplicate" ? "text-ink3" : ""}`} title={text}>
        {text || <span className="text-ink3">–</span>}
      </bdi>
    );
  }
  const stood = event.field ? `${event.field}${event.value === null ? "" : ` = ${event.value}`}` : "";
  return (
    <span className="flex min-w-0 items-baseline gap-2 text-bad" title={readable(`${stood} ${event.wish ?? ""}`)}>
      {stood && <bdi className="min-w-0 shrink-0 truncate rounded-badge bg-surface px-1 font-mono text-sm max-w-[65%]">{readable(stood)}</bdi>}
      <bdi className="min-w-0 truncate">{readable(event.wish ?? "")}</bdi>
    </span>
  );
}

const REASONS: Record<Gap["reason"], string> = {
  slow: "came faster than they could be shown",
  away: "came while this page was not connected",
  rate: "were counted and not shown, since too many came at once",
  behind: "were passed over to stay with the present",
};

export function sentenceOf(gap: Gap): string {
  const count = gap.missed === null ? "Some events" : gap.missed === 1 ? "1 event" : `${formatCount(gap.missed)} events`;
  return gap.missed === 1 ? `${count} ${REASONS[gap.reason].replace("were", "was").replace("they", "it")}` : `${count} ${REASONS[gap.reason]}`;
}

function GapRow({ gap }: { gap: Gap }) {
  return (
    <div role="row" className="live-row flex items-center gap-2 border-b border-line bg-warn-soft px-4 text-sm text-warn max-md:py-2">
      <span role="cell">{sentenceOf(gap)}</span>
    </div>
  );
}

/** J, K and the arrows move through the rows. */
function useRowKeys(body: React.RefObject<HTMLDivElement | null>): void {
  const move = (step: 1 | -1) => {
    const openers = [...(body.current?.querySelectorAll<HTMLElement>("[data-opener]") ?? [])];
    if (openers.length === 0) return false;
    const at = openers.indexOf(document.activeElement as HTMLElement);
    openers[at < 0 ? 0 : Math.min(openers.length - 1, Math.max(0, at + step))]?.focus();
    return true;
  };
  const moveFromRow = (step: 1 | -1) => (document.activeElement as HTMLElement | null)?.dataset.opener !== undefined && move(step);
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => moveFromRow(1), ArrowUp: () => moveFromRow(-1) });
}
