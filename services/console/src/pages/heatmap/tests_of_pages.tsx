import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Foreign } from "~/format/text";
import { sharedOf, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { SHOWN, runningTestsQuery } from "../overview/queries";

/** A heatmap has the clicks of all variants, so this shows which tests run. */
export function TestsOfPages() {
  const { store_id: store } = useStore();
  const [search] = usePageSearch();
  const tests = useQuery(runningTestsQuery(store)).data?.data ?? [];
  if (tests.length === 0) return null;
  return (
    <div data-tests className="shrink-0 border-t border-line px-4 py-2.5 text-sm text-ink2">
      <p>{tests.length === 1 ? "An experiment runs" : "Experiments run"} in this shop. Clicks on all variants are counted here together.</p>
      <ul>
        {tests.slice(0, SHOWN.tests).map((test) => (
          <li key={test.test_id} className="min-w-0">
            <Link to={`/experiments/${test.test_id}`} search={sharedOf(search) as never} className="text-accent underline">
              <Foreign cut={false}>{test.name}</Foreign>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
