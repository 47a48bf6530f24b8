import { formatCount, formatPercent, ratioOf } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatDuration } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Empty } from "~/parts/states";
import { useRef } from "react";
import { useKeys } from "~/shell/keys";
import type { Clicked, Heatmap, Kind } from "./queries";
import { countOf, shortOf } from "./words";

interface ElementListProps {
  heatmap: Heatmap;
  kind: Kind;
  elements: readonly Clicked[];
  names: ReadonlyMap<string, string>;
  chosen: string | null;
  onChoose: (selector: string | null) => void;
  /** Called for the element that is hovered or focused, which is framed; null when it is left. */
  onPoint: (selector: string | null) => void;
  onlyTrouble: boolean;
  onClear: () => void;
}

/** The board's content in words: each element with its clicks, and how many had no effect. */
export function ElementList({ heatmap, kind, elements, names, chosen, onChoose, onPoint, onlyTrouble, onClear }: ElementListProps) {
  const list = useRef<HTMLOListElement>(null);
  useRowKeys(list);
  const all = kind === "hover" ? heatmap.totals.hovers : heatmap.totals.clicks;
  if (elements.length === 0) {
    if (onlyTrouble) return <Empty title="No rage and no dead clicks" onClear={onClear}>Every click on this page, by these devices and in these days, was on something that reacts.</Empty>;
    return <Empty title={kind === "hover" ? "Nobody rested the pointer" : "Nobody clicked"}>Not on this page, by these devices and in these days.</Empty>;
  }
  return (
    <>
      <div aria-hidden="true" className="sticky top-0 z-10 flex h-9 items-center gap-3 border-b border-line bg-surface px-4 text-sm font-medium text-ink2">
        <span className="flex-1">Element</span>
        <span>{kind === "hover" ? "Hovers" : "Clicks"}</span>
        <span className="w-12 text-right">Share</span>
      </div>
      <ol ref={list} aria-label={kind === "hover" ? "Elements by hovers" : "Elements by clicks"} onPointerLeave={() => onPoint(null)}>
        {elements.map((one, place) => (
          <Row key={one.selector} one={one} place={place + 1} kind={kind} all={all} name={names.get(one.selector)} isChosen={chosen === one.selector} onChoose={onChoose} onPoint={onPoint} />
        ))}
      </ol>
    </>
  );
}

interface RowProps {
  one: Clicked;
  place: number;
  kind: Kind;
  all: number;
  name: string | undefined;
  isChosen: boolean;
  onChoose: (selector: string | null) => void;
  onPoint: (selector: string | null) => void;
}

function Row({ one, place, kind, all, name, isChosen, onChoose, onPoint }: RowProps) {
  const count = countOf(one, kind);
  return (
    <li className="border-b border-line">
      <button
        type="button"
        data-opener={one.selector}
        aria-pressed={one.selector ? isChosen : undefined}
        // Events without an element are one row, which cannot be framed.
        onClick={() => one.selector && onChoose(isChosen ? null : one.selector)}
        onFocus={() => onPoint(one.selector)}
        onBlur={() => onPoint(null)}
        onPointerEnter={() => onPoint(one.selector)}
        className={`flex min-h-13 w-full items-start gap-2 px-4 py-2 text-left focus-visible:outline-offset-[-2px] ${isChosen ? "bg-accent-soft" : "hover:bg-hover"}`}
      >
        <span aria-hidden="true" className="w-5 shrink-0 text-ink3">{place}</span>
        <span className="min-w-0 flex-1">
          <bdi className="block truncate font-medium">{readable(name || shortOf(one.selector))}</bdi>
          <bdi className="block truncate font-mono text-xs text-ink3" title={readable(one.selector)}>{readable(one.selector)}</bdi>
        </span>
        <span className="shrink-0 text-right">
          <span className="flex justify-end gap-3">
            <span data-value>
              {formatCount(count)}
              <span className="sr-only">{kind === "hover" ? " hovers," : " clicks,"}</span>
            </span>
            <span className="w-12 text-ink3">
              {formatPercent(ratioOf(count, all))}
              <span className="sr-only"> of all</span>
            </span>
          </span>
          <Notes one={one} kind={kind} />
        </span>
      </button>
    </li>
  );
}

function Notes({ one, kind }: { one: Clicked; kind: Kind }) {
  if (kind === "hover") return <span className="text-xs text-ink3">{one.hovers ? `${formatDuration(one.dwell_ms / one.hovers / 1000)} each` : ""}</span>;
  return (
    <span className="mt-0.5 flex justify-end gap-1">
      {one.dead_clicks > 0 && <Badge tone="bad">{one.dead_clicks >= one.clicks ? "all dead" : `${formatCount(one.dead_clicks)} dead`}</Badge>}
      {one.rage_clicks > 0 && <Badge tone="warn">{`${formatCount(one.rage_clicks)} rage`}</Badge>}
    </span>
  );
}

/** J and K move from element to element. */
function useRowKeys(list: React.RefObject<HTMLOListElement | null>): void {
  const move = (step: 1 | -1) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-opener]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = rows[at < 0 ? (step === 1 ? 0 : rows.length - 1) : at + step];
    next?.focus();
    return rows.length > 0;
  };
  useKeys({ j: () => move(1), k: () => move(-1) });
}

/** Scroll depth as a table, equivalent to the lines on the page. */
export function ReachTable({ heatmap }: { heatmap: Heatmap }) {
  if (heatmap.totals.views === 0) return <Empty title="No view was scrolled">Not on this page, by these devices and in these days.</Empty>;
  return (
    <table aria-label="How far views came" className="w-full">
      <thead className="sticky top-0 z-10 bg-surface text-sm text-ink2">
        <tr>
          <th scope="col" className="h-9 border-b border-line px-4 text-left font-medium">Part of the page</th>
          <th scope="col" className="h-9 border-b border-line px-2 text-right font-medium">Views</th>
          <th scope="col" className="h-9 border-b border-line px-4 text-right font-medium">Share</th>
        </tr>
      </thead>
      <tbody>
        {heatmap.scroll_reach.map(({ percent, views, share }) => (
          <tr key={percent} data-part={percent} className="h-[30px] border-b border-line">
            <th scope="row" className="px-4 text-left font-normal">{percent}%</th>
            <td className="px-2 text-right">{formatCount(views)}</td>
            <td className="px-4 text-right text-ink3">{formatPercent(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
