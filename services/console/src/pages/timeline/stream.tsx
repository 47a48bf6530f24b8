import { useInfiniteQuery } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useRef } from "react";
import { formatCount } from "~/format/numbers";
import { dayOf, formatLongDay } from "~/format/time";
import { Button } from "~/parts/button";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { type Day, chatOf, visitsOf } from "./blocks";
import { ChatRow } from "./chat";
import { eventsQuery } from "./queries";
import { Visit } from "./visit";

interface StreamProps {
  store: string;
  person: string;
  zone: string;
  /** Whether it is shown as a chat: oldest first, scrolled to the end. */
  isChat: boolean;
  kinds: string | undefined;
  onShowAll: () => void;
}

/** A person's events, day by day. */
export function Stream({ store, person, zone, isChat, kinds, onShowAll }: StreamProps) {
  const events = useInfiniteQuery(eventsQuery(store, person, kinds));
  const pages = events.data?.pages;
  const days = useMemo<Day[]>(() => {
    const all = (pages ?? []).flatMap((page) => page.data);
    const sessions = (pages ?? []).flatMap((page) => page.sessions);
    return isChat ? chatOf(all, zone) : visitsOf(all, sessions, zone);
  }, [pages, isChat, zone]);
  const region = useRef<HTMLDivElement>(null);
  useAnchor(region, isChat, `${person} ${kinds ?? ""}`, pages?.length ?? 0);
  const earlier = events.hasNextPage && (
    <div className="flex justify-center py-3">
      <Button size="small" busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
        Show earlier events
      </Button>
    </div>
  );
  const isEmpty = days.length === 0;
  return (
    <div ref={region} tabIndex={0} role="region" aria-label="Events" className="min-h-0 flex-1 overflow-auto focus-visible:outline-offset-[-2px] max-lg:overflow-visible">
      <div className="mx-auto max-w-3xl px-4 pb-6">
        <Read query={events} what="the events">
          {() => (
            <>
              {pages?.some((page) => page.cut) && (
                <p role="status" className="mt-3 rounded-control bg-warn-soft px-3 py-2">
                  This person has too many ids; events of some of them are not shown.
                </p>
              )}
              {isEmpty && !events.hasNextPage && (
                <Empty title={kinds === undefined ? "No events are kept" : "Nothing of this kind"} onClear={kinds === undefined ? undefined : onShowAll}>
                  {kinds === undefined ? "Events are kept for 13 months. What was counted of older ones stays." : "This person has other events."}
                </Empty>
              )}
              {isChat && earlier}
              {days.map((day) => (
                <DayOfStream key={`${day.day} ${day.blocks[0]?.id}`} day={day} zone={zone} isChat={isChat} />
              ))}
              {!isChat && earlier}
            </>
          )}
        </Read>
      </div>
    </div>
  );
}

function DayOfStream({ day, zone, isChat }: { day: Day; zone: string; isChat: boolean }) {
  const noon = `${day.day}T12:00:00Z`;
  const name = `${formatLongDay(noon, "UTC")}${day.day === dayOf(Date.now(), zone) ? ", today" : ""}${day.day.slice(0, 4) === dayOf(Date.now(), zone).slice(0, 4) ? "" : ` ${day.day.slice(0, 4)}`}`;
  const visits = day.blocks.filter((block) => block.session !== null).length;
  const count = isChat || visits === 0 ? many(day.events, "event") : many(visits, "session");
  return (
    <section aria-label={name}>
      <h2 className="flex items-center gap-3 pt-4 pb-2 text-sm">
        <span aria-hidden="true" className="h-px flex-1 bg-line" />
        <span className="font-semibold text-ink2">{name}</span>
        <span className="text-ink3">{count}</span>
        <span aria-hidden="true" className="h-px flex-1 bg-line" />
      </h2>
      <ul className={isChat ? "flex flex-col gap-2.5 py-1" : "flex flex-col gap-3 py-1"}>
        {day.blocks.map((block) =>
          isChat ? <ChatRow key={block.id} event={block.events[0]!} zone={zone} /> : <Visit key={block.id} block={block} zone={zone} />,
        )}
      </ul>
    </section>
  );
}

function many(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** A chat opens at its end, and keeps its position when earlier events are added above. */
function useAnchor(region: React.RefObject<HTMLDivElement | null>, isChat: boolean, key: string, pages: number): void {
  const last = useRef({ key: "", pages: 0, height: 0 });
  useLayoutEffect(() => {
    const element = region.current;
    if (!element || !isChat || pages === 0) return;
    const isOwn = getComputedStyle(element).overflowY === "auto";
    const scroller = isOwn ? element : document.documentElement;
    const { key: oldKey, pages: oldPages, height } = last.current;
    if (oldKey !== key) scroller.scrollTo(0, scroller.scrollHeight);
    else if (pages > oldPages) scroller.scrollBy(0, scroller.scrollHeight - height);
    last.current = { key, pages, height: scroller.scrollHeight };
  }, [region, isChat, key, pages]);
}
