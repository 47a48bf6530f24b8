import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Spark } from "~/charts/small";
import { formatCount } from "~/format/numbers";
import { Foreign, readable } from "~/format/text";
import { dayOf, formatClock, formatDay, formatMoment, formatSeconds, zoneName } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { usePageSearch } from "~/state/search";
import { type Group, groupKey, hoursOf, openGroup } from "./groups_of";
import { type Letter, lettersQuery } from "./queries";
import type { Selected } from "./selected";
import type { useLetterFilters } from "./filters";

interface GroupsProps {
  groups: readonly Group[];
  hoursFrom: string;
  filters: ReturnType<typeof useLetterFilters>;
  zone: string;
  selected: Selected;
  /** Whether a letter opens beside the list or as a page. */
  isWide: boolean;
}

/** Groups by reason, the largest first; one of them is expanded and shows its letters. */
export function Groups({ groups, ...rest }: GroupsProps) {
  const [search, change] = usePageSearch();
  const open = openGroup(groups, search.group);
  return (
    <ul aria-label="Groups of dead letters">
      {groups.map((group) => {
        const key = groupKey(group);
        return (
          <li key={key} className="border-b border-line" data-group={key}>
            <GroupHead group={group} isOpen={group === open} onToggle={() => change({ group: group === open ? (groups.length === 1 ? "none" : null) : key, row: null })} hoursFrom={rest.hoursFrom} zone={rest.zone} />
            {group === open && <Letters group={group} {...rest} />}
          </li>
        );
      })}
    </ul>
  );
}

interface HeadProps {
  group: Group;
  isOpen: boolean;
  onToggle: () => void;
  hoursFrom: string;
  zone: string;
}

function GroupHead({ group, isOpen, onToggle, hoursFrom, zone }: HeadProps) {
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const hours = hoursOf(hoursFrom, group.by_hour, Date.now());
  const recent = hours.reduce((sum, count) => sum + count, 0);
  return (
    <h2 className={isOpen ? "bg-canvas" : ""}>
      <button
        type="button"
        data-opener={`group ${groupKey(group)}`}
        aria-expanded={isOpen}
        onClick={onToggle}
        className="grid min-h-14 w-full grid-cols-[auto_minmax(0,1fr)_auto_auto] items-center gap-x-3 px-4 py-2 text-left hover:bg-hover focus-visible:outline-offset-[-2px]"
      >
        <Chevron aria-hidden="true" size={14} className="text-ink3" />
        <Foreign className="text-md font-medium">{group.reason}</Foreign>
        <Spark values={hours} label={`${formatCount(recent)} of them in the last 7 days, by hour; most in one hour ${formatCount(Math.max(0, ...hours))}`} width={48} height={16} />
        <span className="min-w-8 text-right text-md font-semibold" data-letters>
          {formatCount(group.letters)}
        </span>
        <span className="col-span-3 col-start-2 flex min-w-0 flex-wrap items-center gap-2 text-sm text-ink3">
          <Badge>{readable(group.stream)}</Badge>
          <Badge>{readable(group.stage)}</Badge>
          <span>{spanText(group, zone)}</span>
          {group.quarantined > 0 && <span className="text-warn">{formatCount(group.quarantined)} quarantined</span>}
        </span>
      </button>
    </h2>
  );
}

/** "09:02 to 15:31", with days if it was not today. */
export function spanText({ first_at, last_at }: Pick<Group, "first_at" | "last_at">, zone: string): string {
  const today = dayOf(Date.now(), zone);
  const [first, last] = [dayOf(first_at, zone), dayOf(last_at, zone)];
  if (first === today && last === today) return `${formatClock(first_at, zone)} to ${formatClock(last_at, zone)}`;
  if (first === last) return `${formatDay(first_at, zone)}, ${formatClock(first_at, zone)} to ${formatClock(last_at, zone)}`;
  return `${formatDay(first_at, zone)} to ${last === today ? formatClock(last_at, zone) : formatDay(last_at, zone)}`;
}

function Letters({ group, filters, zone, selected, isWide }: Omit<GroupsProps, "groups"> & { group: Group }) {
  const query = useInfiniteQuery(lettersQuery(filters.query, { stream: group.stream, stage: group.stage, reason: group.reason }));
  const [search] = usePageSearch();
  const letters = query.data?.pages.flatMap((page) => page.data) ?? [];
  const left = group.letters - letters.length;
  return (
    <Read query={query} what="these letters" loading={<LoadingRows rows={3} height={32} />}>
      {() => (
        <>
          <ul aria-label={`Letters: ${readable(group.reason)}`}>
            {letters.map((letter) => (
              <LetterRow key={letter.id} letter={letter} zone={zone} isOpen={search.row === letter.id} isWide={isWide} selected={selected} />
            ))}
          </ul>
          <div className="flex min-h-9 flex-wrap items-center gap-3 px-4 py-1 pl-11 text-sm text-ink3">
            {query.hasNextPage && (
              <Button size="small" look="ghost" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {left > 0 ? `Show ${formatCount(Math.min(left, 50))} of ${formatCount(left)} more` : "Show more"}
              </Button>
            )}
            <span className="ml-auto max-md:hidden">
              <kbd>X</kbd> choose · <kbd>⇧X</kbd> a range · <kbd>R</kbd> replay
            </span>
          </div>
        </>
      )}
    </Read>
  );
}

interface RowProps {
  letter: Letter;
  zone: string;
  isOpen: boolean;
  isWide: boolean;
  selected: Selected;
}

function LetterRow({ letter, zone, isOpen, isWide, selected }: RowProps) {
  const [search, change] = usePageSearch();
  const isChosen = selected.ids.has(letter.id);
  const opener = {
    "data-opener": letter.id,
    "aria-current": isOpen || undefined,
    className: "grid min-w-0 flex-1 grid-cols-[7.5rem_minmax(0,1fr)_auto] items-center gap-2 self-stretch py-1.5 pr-4 text-left focus-visible:outline-offset-[-2px]",
  } as const;
  const text = (
    <>
      <LetterTime at={letter.created_at} zone={zone} />
      <span className="flex min-w-0 gap-2">
        {letter.field && <span className="shrink-0 font-medium">{readable(letter.field)}</span>}
        <Foreign className="font-mono text-sm text-ink2" none="no message">
          {letter.message}
        </Foreign>
      </span>
      <span className="text-sm whitespace-nowrap text-warn">{replaysText(letter)}</span>
    </>
  );
  return (
    <li data-letter={letter.id} className={`flex min-h-8 items-center hover:bg-hover ${isOpen ? "bg-accent-soft shadow-[inset_2px_0_0_var(--accent)]" : ""}`}>
      <label className="flex h-8 w-11 shrink-0 cursor-pointer items-center justify-end pr-2 pointer-coarse:h-11">
        <span className="sr-only">{`Choose the letter of ${formatSeconds(letter.created_at, zone)}`}</span>
        <input type="checkbox" checked={isChosen} onChange={() => selected.toggle(letter.id)} className="size-4 accent-(--accent)" />
      </label>
      {isWide ? (
        <button type="button" {...opener} onClick={() => change({ row: letter.id })}>
          {text}
        </button>
      ) : (
        <Link to={`/dead-letters/${letter.id}`} search={search as never} {...opener}>
          {text}
        </Link>
      )}
    </li>
  );
}

function replaysText(letter: Letter): string {
  if (letter.quarantined) return "quarantined";
  return letter.replays ? `${formatCount(letter.replays)}× replayed` : "";
}

/** "15:31:09", with the day if it was not today. */
export function LetterTime({ at, zone }: { at: string; zone: string }) {
  const isToday = dayOf(at, zone) === dayOf(Date.now(), zone);
  return (
    <time dateTime={at} title={`${formatMoment(at, zone)} ${zoneName(zone)} · ${at}`} className="whitespace-nowrap text-ink2">
      {isToday ? "" : `${formatDay(at, zone)}, `}
      {formatSeconds(at, zone)}
    </time>
  );
}

