import { type UseQueryResult, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { IntervalBar, reachOf } from "~/charts/interval";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Badge, Dot } from "~/parts/badge";
import { PAGE_ROWS, Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { ChoiceSelect } from "~/parts/select";
import { Empty, LoadingRows } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { sharedOf, useChoice, usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { type Listed, type Reported, type Status, listQuery, resultsQuery } from "./queries";
import { OUTCOME_TONES, STATUS_TONES, daysOf, formatLift, mainComparison, shortVerdict, visitorsOf } from "./words";

type Choice = Status | "all";
const STATUSES: readonly (readonly [Choice, string])[] = [
  ["all", "All"],
  ["running", "Running"],
  ["paused", "Paused"],
  ["completed", "Completed"],
  ["draft", "Draft"],
  ["archived", "Archived"],
];

/** A test of the list with its results. */
interface Row {
  test: Listed;
  results: UseQueryResult<Reported, Error> | undefined;
}

export default function Experiments() {
  const store = useStore();
  const [search] = usePageSearch();
  const [status, setStatus] = useChoice<Choice>("f.status", STATUSES.map(([one]) => one), "all");
  const blocked = useScope("admin");
  const list = useQuery(listQuery(store.store_id, status === "all" ? undefined : status, search.cur));
  return (
    <Page
      title="Experiments"
      actions={<NewButton blocked={blocked} />}
      freshness={freshnessOf(list)}
      filters={
        <>
          <span className="max-md:hidden">
            <Segmented label="State" value={status} choices={STATUSES} onChoose={setStatus} />
          </span>
          <span className="md:hidden">
            <ChoiceSelect label="State" value={status} choices={STATUSES} onChoose={setStatus} />
          </span>
        </>
      }
    >
      <Read query={list} what="the experiments" loading={<LoadingRows rows={6} />}>
        {(page) =>
          page.data.length === 0 && !search.cur ? (
            <NoTests isFiltered={status !== "all"} onClear={() => setStatus("all")} blocked={blocked} />
          ) : (
            <>
              <Tests tests={page.data} canEdit={blocked === null} />
              <Pager shown={page.data.length} nextCursor={page.next_cursor} noun="experiments" isBusy={list.isPlaceholderData} />
            </>
          )
        }
      </Read>
    </Page>
  );
}

function NewButton({ blocked }: { blocked: string | null }) {
  const [search] = usePageSearch();
  if (blocked) return null;
  return (
    <Link
      to="/experiments/new"
      search={sharedOf(search) as never}
      className="inline-flex h-8 shrink-0 items-center gap-2 rounded-control bg-primary px-3 font-medium text-on-primary hover:opacity-90 pointer-coarse:h-11"
    >
      <Plus aria-hidden="true" size={14} />
      New experiment
    </Link>
  );
}

interface NoTestsProps {
  isFiltered: boolean;
  onClear: () => void;
  /** Why this key cannot create tests. */
  blocked: string | null;
}

function NoTests({ isFiltered, onClear, blocked }: NoTestsProps) {
  const [search] = usePageSearch();
  if (isFiltered) return <Empty title="No experiment is in this state" onClear={onClear} />;
  return (
    <Empty title="This store has no experiment yet">
      A test shows visitors two or more variants of a page and tells which one sells more.{" "}
      {blocked ?? (
        <>
          <Link to="/experiments/new" search={sharedOf(search) as never} className="text-accent underline">
            Make the first one
          </Link>
          : it is a draft until you start it.
        </>
      )}
    </Empty>
  );
}

/** Each row reads its own results, so that the list is shown before them. */
function Tests({ tests, canEdit }: { tests: readonly Listed[]; canEdit: boolean }) {
  const store = useStore();
  const [search] = usePageSearch();
  const begun = tests.filter((one) => one.phase > 0).slice(0, PAGE_ROWS);
  const read = useQueries({ queries: begun.map((one) => resultsQuery(store.store_id, one.test_id)) });
  const byId = new Map(begun.map((one, place) => [one.test_id, read[place]]));
  const rows = tests.map((test) => ({ test, results: byId.get(test.test_id) }));
  const reach = reachOf(read.map((one) => one.data && mainComparison(one.data.results)?.comparison.lift.interval));
  return (
    <Table<Row>
      label="Experiments"
      columns={columnsOf(reach)}
      rows={rows}
      idOf={({ test }) => test.test_id}
      linkOf={({ test }) => ({ to: test.status === "draft" && canEdit ? `/experiments/${test.test_id}/edit` : `/experiments/${test.test_id}`, search: sharedOf(search) })}
    />
  );
}

function columnsOf(reach: number): Column<Row>[] {
  return [
    { id: "name", name: "Experiment", cell: ({ test }) => <Name test={test} /> },
    { id: "state", name: "State", width: "6.5rem", phone: "aside", cell: ({ test }) => <Badge tone={STATUS_TONES[test.status]}>{test.status}</Badge> },
    { id: "visitors", name: "Visitors", width: "6rem", align: "right", cell: ({ results }) => formatCount(results?.data && visitorsOf(results.data.results)) },
    { id: "days", name: "Days", width: "4rem", align: "right", cell: ({ results }) => formatCount(results?.data && daysOf(results.data.results)) },
    { id: "lift", name: `Main metric, lift (±${formatLift(reach, 0).slice(1)})`, width: "15%", phone: "hidden", from: "lg", cell: ({ results }) => <Lift results={results} reach={reach} /> },
    { id: "verdict", name: "Verdict", width: "36%", phone: "line", cell: ({ test, results }) => <VerdictCell test={test} results={results} /> },
  ];
}

function Name({ test }: { test: Listed }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <span className="min-w-0 truncate font-medium">
        <Foreign>{test.name}</Foreign>
      </span>
      <span className="shrink-0 text-sm text-ink3">{test.variants.length} variants</span>
    </span>
  );
}

function Lift({ results, reach }: { results: Row["results"]; reach: number }) {
  const judged = results?.data && mainComparison(results.data.results);
  const interval = judged?.comparison.lift.interval ?? null;
  if (!results?.data || !judged || !interval) return <span className="text-ink3">{UNKNOWN}</span>;
  const tone = OUTCOME_TONES[results.data.results.verdict.outcome];
  return (
    <IntervalBar
      reach={reach}
      bar={interval}
      value={judged.comparison.lift.value}
      tone={tone === "ok" || tone === "bad" ? tone : "neutral"}
      label={`${formatLift(judged.comparison.lift.value)}, between ${formatLift(interval.low)} and ${formatLift(interval.high)}`}
    />
  );
}

function VerdictCell({ test, results }: Row) {
  const data = results?.data;
  const text = data ? shortVerdict(data) : results === undefined ? "Not started" : results.isError ? "Its results could not be read" : "Reading its results";
  const tone = data ? OUTCOME_TONES[data.results.verdict.outcome] : "neutral";
  return (
    <span className="flex min-w-0 items-center gap-2 max-md:justify-end" data-verdict={test.test_id}>
      <Dot tone={tone} />
      <span className="min-w-0 truncate">
        <Foreign>{text}</Foreign>
      </span>
    </span>
  );
}
