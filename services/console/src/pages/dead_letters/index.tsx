import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, RefreshCw, RotateCcw, Trash2 } from "lucide-react";
import { useRef } from "react";
import { formatCount } from "~/format/numbers";
import { zoneName } from "~/format/time";
import { Button, IconButton } from "~/parts/button";
import { Read } from "~/parts/read";
import { ScopeNeeded } from "~/parts/scope_needed";
import { Empty } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { useKeys } from "~/shell/keys";
import { Page } from "~/shell/page";
import type { components } from "~/api/schema";
import { usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { Acts, useAsk } from "./acts";
import { LetterFilters, useLetterFilters } from "./filters";
import { Groups } from "./groups";
import { type Group, groupOfKey, openGroup } from "./groups_of";
import { JobBar } from "./job_bar";
import { LetterView } from "./letter";
import { useListKeys } from "./list_keys";
import { groupsQuery, lettersText, useReopen } from "./queries";
import { WHY_OPS } from "./scope_words";
import { type Selected, letterAtHand, useSelected } from "./selected";
import { useWide } from "../live/wide";

type GroupsAnswer = components["schemas"]["GroupsAnswer"];

export default function DeadLetters() {
  const blocked = useScope("ops");
  if (blocked) {
    return (
      <Page title="Dead letters">
        <ScopeNeeded scope="ops">{WHY_OPS}</ScopeNeeded>
      </Page>
    );
  }
  return <Letters />;
}

function Letters() {
  const filters = useLetterFilters();
  const groups = useQuery(groupsQuery(filters.query));
  const [search, change] = usePageSearch();
  const selected = useSelected(search.row, JSON.stringify([filters.query.status, search.group, search["f.stream"]]));
  const zone = useStore().time_zone;
  const isWide = useWide();
  return (
    <Acts chosen={selected.ids.size} onDone={selected.clear}>
      <div className="flex min-w-0 flex-1 flex-col xl:h-dvh xl:flex-none">
        <Page title="Dead letters" scope={filters.store ? undefined : "all stores"} actions={groups.data && <Sum groups={groups.data.data} status={filters.status} />} freshness={freshnessOf(groups)} filters={<LetterFilters />}>
          {search.job && <JobBar key={search.job} id={search.job} onClose={() => change({ job: null })} />}
          <div className="flex min-h-0 min-w-0 flex-1">
            <List groups={groups} filters={filters} zone={zone} selected={selected} isWide={isWide} />
            {isWide && <Beside zone={zone} />}
          </div>
        </Page>
      </div>
    </Acts>
  );
}

/** "41 open · 2 quarantined", for the current filters. */
function Sum({ groups, status }: { groups: readonly Group[]; status: string }) {
  const letters = groups.reduce((sum, one) => sum + one.letters, 0);
  const quarantined = groups.reduce((sum, one) => sum + one.quarantined, 0);
  const word = status === "reprocessing" ? "under way" : status;
  return (
    <p className="mr-1 text-ink2" data-sum>
      <span className={status === "open" && letters ? "font-medium text-bad" : "font-medium text-ink"}>
        {formatCount(letters)} {word}
      </span>
      {status === "open" && quarantined > 0 && ` · ${formatCount(quarantined)} quarantined`}
    </p>
  );
}

interface ListProps {
  groups: UseQueryResult<GroupsAnswer, Error>;
  filters: ReturnType<typeof useLetterFilters>;
  zone: string;
  selected: Selected;
  isWide: boolean;
}

function List({ groups, filters, zone, selected, isWide }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const [search, change] = usePageSearch();
  useListKeys(list);
  const clear = () => change({ "f.stream": null, "f.store": null, "f.since": null, "f.status": null });
  return (
    <div className="flex min-h-0 min-w-0 flex-col max-xl:flex-1 xl:w-[27rem] xl:shrink-0 xl:border-r xl:border-line">
      <div ref={list} tabIndex={-1} className="min-h-0 flex-1 xl:overflow-auto">
        <Read query={groups} what="the dead letters">
          {({ data, hours_from }) =>
            data.length === 0 ? (
              <Nothing filters={filters} onClear={clear} />
            ) : (
              <>
                <Groups groups={data} hoursFrom={hours_from} filters={filters} zone={zone} selected={selected} isWide={isWide} />
                <p className="px-4 py-3 text-sm text-ink3">
                  Every store, unless one is chosen · times in {zoneName(zone)} · the line is the last 7 days by hour
                </p>
              </>
            )
          }
        </Read>
      </div>
      <ListActs group={openGroup(groups.data?.data ?? [], search.group)} filters={filters} selected={selected} />
    </div>
  );
}

function Nothing({ filters, onClear }: { filters: ReturnType<typeof useLetterFilters>; onClear: () => void }) {
  if (filters.isFiltered) return <Empty title="No dead letter matches these filters" onClear={onClear} />;
  if (filters.status !== "open") return <Empty title={`No letter is ${filters.status === "reprocessing" ? "under way" : filters.status}`} />;
  return <Empty title="No dead letter is open">Every record that came was applied. What cannot be, appears here with the reason, and waits until somebody replays or discards it.</Empty>;
}

interface ListActsProps {
  group: Group | undefined;
  filters: ReturnType<typeof useLetterFilters>;
  selected: Selected;
}

/** At the foot of the list: acts on the selected letters, else on the expanded group. */
function ListActs({ group, filters, selected }: ListActsProps) {
  const ask = useAsk();
  const reopen = useReopen();
  const [search] = usePageSearch();
  const ids = [...selected.ids];
  const { status } = filters;
  const name = group?.reason ?? groupOfKey(search.group)?.reason ?? "chosen letters";
  useKeys({
    r: () => {
      if (status !== "open") return false;
      if (ids.length > 0) return ask({ kind: "replay", choice: { ids }, count: ids.length, name });
      const id = letterAtHand(undefined);
      if (id === null || id === search.row) return false; // the open letter shows its result itself
      return ask({ kind: "replay", choice: { ids: [id] }, count: 1, name });
    },
  });
  if (!group || status === "reprocessing") return null;
  const isChosen = ids.length > 0;
  const choice = isChosen ? { ids } : { filter: { ...filters.narrowing, stream: group.stream, stage: group.stage, reason: group.reason } };
  const replayable = isChosen ? ids.length : group.letters - group.quarantined;
  const canDiscard = status === "open" || (status === "quarantined" && isChosen);
  return (
    <div role="group" aria-label="Acts on letters" className="sticky bottom-0 flex min-h-13 shrink-0 flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-2 max-md:bottom-14">
      <span role="status" className="mr-auto">
        {isChosen ? `${formatCount(ids.length)} of ${formatCount(group.letters)} chosen` : `${lettersText(group.letters)} in this group`}
      </span>
      {isChosen && (
        <Button look="ghost" onClick={selected.clear}>
          None
        </Button>
      )}
      {canDiscard && (
        <Button look="danger" icon={<Trash2 aria-hidden="true" size={14} />} onClick={() => ask({ kind: "discard", choice, count: isChosen ? ids.length : group.letters, name })}>
          {isChosen ? "Discard…" : "Discard all…"}
        </Button>
      )}
      {isChosen && status !== "open" && (
        <Button busy={reopen.isPending} icon={<RotateCcw aria-hidden="true" size={14} />} onClick={() => reopen.mutate({ ids, why: "" }, { onSuccess: selected.clear })}>
          {`Reopen ${formatCount(ids.length)}`}
        </Button>
      )}
      {status === "open" && (
        <Button icon={<RefreshCw aria-hidden="true" size={14} />} blocked={replayable === 0 ? "All of them are quarantined: reopen them first." : null} onClick={() => ask({ kind: "replay", choice, count: replayable, name })}>
          {isChosen ? `Replay ${formatCount(ids.length)}…` : "Replay all…"}
        </Button>
      )}
    </div>
  );
}

/** The letter beside its list. */
function Beside({ zone }: { zone: string }) {
  const [search, change] = usePageSearch();
  const close = () => {
    const row = search.row;
    if (!row) return false;
    change({ row: null });
    queueMicrotask(() => document.querySelector<HTMLElement>(`[data-opener="${CSS.escape(row)}"]`)?.focus());
    return true;
  };
  useKeys({ Escape: close });
  if (!search.row) return <p className="m-auto max-w-xs p-6 text-center text-ink3">Choose a letter: J and K go through the list, ↵ opens one.</p>;
  return (
    <section aria-label="The letter" className="flex min-h-0 min-w-0 flex-1 flex-col">
      <LetterView id={search.row} zone={zone} nearby={<Nearby row={search.row} />} />
    </section>
  );
}

function Nearby({ row }: { row: string }) {
  const [, change] = usePageSearch();
  const go = (step: 1 | -1) => {
    const all = [...document.querySelectorAll<HTMLElement>("[data-letter]")].map((one) => one.dataset.letter!);
    const next = all[all.indexOf(row) + step];
    if (next) change({ row: next });
  };
  return (
    <>
      <IconButton name="Previous letter" icon={<ChevronLeft aria-hidden="true" size={16} />} onClick={() => go(-1)} />
      <IconButton name="Next letter" icon={<ChevronRight aria-hidden="true" size={16} />} onClick={() => go(1)} />
    </>
  );
}
