import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ApiError } from "~/api/errors";
import { readable } from "~/format/text";
import { Badge, Dot } from "~/parts/badge";
import { Read } from "~/parts/read";
import { Empty, LoadingRows } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { DailyLift } from "./daily_lift";
import { Guards } from "./guards";
import { MetricsTable } from "./metrics_table";
import { MoveActions } from "./move_actions";
import { PhasePicker } from "./phase_picker";
import { type Experiment, type Reported, experimentQuery, resultsQuery } from "./queries";
import { VerdictPanel } from "./verdict_panel";
import { STATUS_TONES, daysOf, shortVerdict } from "./words";

/** A test's results, and the acts on it. */
export default function ExperimentResults() {
  const { test: id } = useParams({ strict: false }) as { test: string };
  const store = useStore();
  const [search] = usePageSearch();
  const blocked = useScope("admin");
  const phase = phaseOf(search.phase);
  const authored = useQuery(experimentQuery(store.store_id, id));
  const query = useQuery(resultsQuery(store.store_id, id, phase));
  const test = authored.data?.data;
  // For a test that was never started, the API answers that there are no results.
  const hasNone = query.error instanceof ApiError && query.error.status === 404 && test !== undefined && phase === undefined;
  const name = readable(query.data?.name ?? test?.name ?? "Experiment");
  return (
    <Page
      title={name}
      parent={{ name: "Experiments", to: "/experiments" }}
      actions={
        <>
          <State test={test} reported={query.data} />
          <MoveActions test={test} blocked={blocked} />
        </>
      }
      freshness={freshnessOf(query)}
    >
      {hasNone ? <NotBegun test={test} /> : <Read query={query} what="the results" loading={<LoadingRows rows={10} />}>{(found) => <Found reported={found} test={test} blocked={blocked} />}</Read>}
    </Page>
  );
}

function phaseOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}

function State({ test, reported }: { test: Experiment | undefined; reported: Reported | undefined }) {
  const status = test?.status ?? reported?.status;
  if (!status) return null;
  const day = reported && reported.results.ended_at === null && status === "running" ? `, day ${daysOf(reported.results)}` : "";
  return (
    <Badge tone={STATUS_TONES[status]}>
      <span data-test-status>
        {status}
        {day}
      </span>
    </Badge>
  );
}

function NotBegun({ test }: { test: Experiment | undefined }) {
  return <Empty title="This test has not begun">{test?.status === "draft" ? "It is a draft: nobody sees it, and it has no results. Start it, or edit it first." : "It has no results."}</Empty>;
}

interface FoundProps {
  reported: Reported;
  test: Experiment | undefined;
  blocked: string | null;
}

function Found({ reported, test, blocked }: FoundProps) {
  const { results } = reported;
  const [search, change] = usePageSearch();
  const isHidden = results.verdict.outcome === "invalid" && search.show !== "anyway";
  return (
    <>
      {blocked && <p className="border-b border-line bg-sunken px-4 py-2 text-ink2">To start, pause, complete or edit it: {blocked}</p>}
      {!reported.is_settled && (
        <p role="status" className="border-b border-line bg-warn-soft px-4 py-2">
          Figures are being brought in line with the phase’s beginning or end; this takes a minute.
        </p>
      )}
      <div className="grid border-b border-line xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <VerdictPanel reported={reported} />
        <div className="min-h-[20.5rem] min-w-0 border-line max-xl:border-t xl:border-l">{!isHidden && <DailyLift reported={reported} />}</div>
      </div>
      <Guards reported={reported} />
      <PhasePicker reported={reported} test={test} />
      {isHidden ? (
        <div className="px-4 py-8">
          <p className="max-w-xl text-ink2">
            <Dot tone="bad" /> The figures are hidden, since no one of them can be trusted. {shortVerdict(reported)}. Look for redirects, caches or scripts that reach one variant alone.
          </p>
          <button type="button" className="mt-3 text-accent underline" onClick={() => change({ show: "anyway" })}>
            Show the figures anyway
          </button>
        </div>
      ) : (
        <MetricsTable reported={reported} />
      )}
    </>
  );
}
