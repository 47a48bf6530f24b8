import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Foreign } from "~/format/text";
import { Dot, type Tone } from "~/parts/badge";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { sharedOf, usePageSearch } from "~/state/search";
import { SHOWN, runningTestsQuery, verdictQuery } from "./queries";

/** The running experiments, each with its verdict in a sentence. */
export function RunningTests({ store }: { store: string }) {
  const [search] = usePageSearch();
  const query = useQuery(runningTestsQuery(store));
  return (
    <section aria-label="Experiments running" className="border-t border-line px-2 py-3">
      <div className="mb-1 flex items-baseline gap-3 px-2">
        <h2 className="font-semibold">Experiments running</h2>
        <Link to="/experiments" search={{ ...sharedOf(search), "f.status": "running" } as never} className="reachable ml-auto text-sm text-ink2 underline-offset-4 hover:underline">
          {allOf(query.data?.data.length)}
        </Link>
      </div>
      <Read query={query} what="the experiments" loading={<LoadingRows rows={2} height={34} />}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="px-2 text-ink3">None is running.</p>
          ) : (
            <ul>
              {data.slice(0, SHOWN.tests).map((test) => (
                <Test key={test.test_id} store={store} id={test.test_id} name={test.name} />
              ))}
            </ul>
          )
        }
      </Read>
    </section>
  );
}

/** "All 3", or that there are more than are loaded. */
function allOf(count: number | undefined): string {
  if (count === undefined || count === 0) return "All experiments";
  return count > SHOWN.tests ? `All ${SHOWN.tests}+` : `All ${count}`;
}

const TONES: Record<string, Tone> = { better: "ok", worse: "bad", invalid: "bad", no_difference: "neutral" };

function Test({ store, id, name }: { store: string; id: string; name: string }) {
  const [search] = usePageSearch();
  const query = useQuery(verdictQuery(store, id));
  const verdict = query.data?.data.results.verdict;
  const sentence = verdict?.sentence ?? (query.isError ? "Its results could not be read." : query.data ? "No visitors so far." : "Reading its results.");
  return (
    <li className="grid min-h-[34px] grid-cols-1 items-center gap-x-4 px-2 py-1 md:grid-cols-[12rem_1fr]">
      <Link to={`/experiments/${id}`} search={sharedOf(search) as never} className="min-w-0 rounded-badge font-medium hover:underline">
        <Foreign>{name}</Foreign>
      </Link>
      <p className="flex items-baseline gap-3 text-ink2">
        <span className="relative -top-px">
          <Dot tone={TONES[verdict?.outcome ?? ""] ?? "neutral"} />
        </span>
        <Foreign cut={false}>{sentence}</Foreign>
      </p>
    </li>
  );
}
