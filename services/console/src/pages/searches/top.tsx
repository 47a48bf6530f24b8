import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShareBar } from "~/charts/small";
import { formatCount } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { usePeriod } from "~/state/period";
import { sharedOf, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { searchesQuery } from "./queries";

const SHOWN = 9;

/** The most frequent searches. `isNarrow`: each term is above its bar. */
export function TopSearches({ isNarrow = false }: { isNarrow?: boolean }) {
  const { store_id } = useStore();
  const { query } = usePeriod();
  const [search] = usePageSearch();
  const searches = useQuery(searchesQuery({ store_id, ...query, limit: SHOWN }));
  const row = isNarrow ? "border-t border-line px-4 py-2" : "grid h-8 grid-cols-[minmax(0,1fr)_5rem_3rem] items-center gap-3 px-4";
  return (
    <section aria-label="Searches" className={`min-w-0 py-3 ${isNarrow ? "" : "border-line max-xl:border-t xl:border-l"}`}>
      <div className="mb-2 flex items-baseline gap-2 px-4">
        <h2 className="font-semibold">Searches</h2>
        <span className="text-sm text-ink3">trimmed, lower case</span>
        <Link to="/searches" search={sharedOf(search) as never} className="reachable ml-auto text-sm text-ink2 underline-offset-4 hover:underline">
          all {searches.data && formatCount(searches.data.total)}
          <span className="sr-only"> searches</span>
        </Link>
      </div>
      <Read query={searches} what="the searches" loading={<LoadingRows rows={SHOWN} height={32} />}>
        {({ data }) => {
          const most = Math.max(...data.map((one) => one.searches), 1);
          return data.length === 0 ? (
            <p className="px-4 py-2 text-ink3">Nobody searched in these days.</p>
          ) : (
            <>
              <ol>
                {data.map((one) => (
                  <li key={one.term} className={row}>
                    {isNarrow ? (
                      <>
                        <span className="mb-1.5 flex gap-3">
                          <Foreign className="min-w-0 flex-1">{one.term}</Foreign>
                          {formatCount(one.searches)}
                        </span>
                        <ShareBar share={one.searches / most} />
                      </>
                    ) : (
                      <>
                        <Foreign>{one.term}</Foreign>
                        <ShareBar share={one.searches / most} />
                        <span className="text-right">{formatCount(one.searches)}</span>
                      </>
                    )}
                  </li>
                ))}
              </ol>
              {isNarrow && <p className="border-t border-line px-4 py-3 text-sm text-ink3">Shown as visitors typed them. Text is data here, never markup.</p>}
            </>
          );
        }}
      </Read>
    </section>
  );
}
