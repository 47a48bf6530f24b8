import { useQuery } from "@tanstack/react-query";
import { askedOf } from "~/api/asked";
import { ShareBar } from "~/charts/small";
import { formatCount, formatPercent, ratioOf } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Defined } from "~/parts/definition";
import { PAGE_ROWS, Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { SearchField } from "~/parts/search_field";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { type SearchTerm, type Searches, searchesQuery } from "./queries";

const SORTS = ["name", "searches"] as const;

export default function SearchesPage() {
  const { store_id } = useStore();
  const { query } = usePeriod();
  const [search, change] = usePageSearch();
  const sorting = useSorting("searches", SORTS, "-searches");
  const text = search["f.q"] ?? "";
  const asked = { store_id, ...query, ...sorting.query, limit: PAGE_ROWS, ...(text ? { search: text } : {}), ...(search.cur ? { cursor: search.cur } : {}) };
  const searches = useQuery(searchesQuery(asked));
  const onSearch = (typed: string) => change({ "f.q": typed || null }, { replace: true });
  return (
    <Page
      title="Searches"
      period
      freshness={freshnessOf(searches)}
      filters={
        <>
          <SearchField label="Text of a search" value={text} onSearch={onSearch} />
          <Totals searches={searches.data} request={askedOf("/api/analytics/searches", asked)} />
        </>
      }
    >
      <Read query={searches} what="the searches">
        {(page) =>
          page.data.length === 0 && !search.cur ? (
            <NoSearches text={text} onClear={() => change({ "f.q": null })} />
          ) : (
            <>
              <Table
                label="Searches"
                columns={columnsOf(page)}
                rows={page.data}
                idOf={(row) => row.term}
                sort={sorting.sort}
                onSort={sorting.setSort}
                isBusy={searches.isPlaceholderData}
              />
              <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun="terms" isBusy={searches.isPlaceholderData}>
                <span className="text-ink3">Shown as visitors typed them, in lower case. Text is data here, never markup.</span>
              </Pager>
            </>
          )
        }
      </Read>
    </Page>
  );
}

function columnsOf(page: Searches): Column<SearchTerm>[] {
  const most = Math.max(...page.data.map((row) => row.searches), 1);
  const all = page.totals.searches;
  return [
    { id: "name", name: "Term", phone: "title", sort: { by: "name", first: "up" }, cell: (row) => <Foreign className="font-medium">{row.term}</Foreign> },
    { id: "searches", name: "Searches", width: "8rem", align: "right", phone: "aside", sort: { by: "searches", first: "down" }, cell: (row) => formatCount(row.searches) },
    { id: "share", name: "Of all searches", width: "8rem", align: "right", cell: (row) => formatPercent(ratioOf(row.searches, all)) },
    { id: "bar", name: "Beside the others", width: "24%", phone: "hidden", cell: (row) => <ShareBar share={row.searches / most} /> },
  ];
}

function Totals({ searches, request }: { searches: Searches | undefined; request: string }) {
  const { searches: count, sessions } = searches?.totals ?? {};
  return (
    <p className="ml-auto flex flex-wrap gap-x-3 text-sm text-ink2" data-totals>
      <span>
        {formatCount(count)}{" "}
        <Defined
          name="searches"
          definition={{
            text: "Events search with a text, by its term: composed characters, lower case, single spaces, cut at 200 characters. Searches for nothing and robots are left out.",
            query: request,
            source: "the table activity_searches_daily",
            chapter: "Searches",
          }}
        />
      </span>
      <span>
        by {formatCount(sessions)}{" "}
        <Defined
          name="sessions"
          definition={{
            text: "Distinct session ids with a search, counted over the whole period. Not known where the period has more than 50,000 searches.",
            formula: count && sessions ? `${formatCount(count)} ÷ ${formatCount(sessions)} = ${(count / sessions).toFixed(1)} searches each` : undefined,
            query: request,
            source: "the events themselves, customer_activity",
            chapter: "Searches",
          }}
        />
      </span>
    </p>
  );
}

function NoSearches({ text, onClear }: { text: string; onClear: () => void }) {
  if (!text) return <Empty title="Nobody searched in these days">Searches appear with the first event search that has a text.</Empty>;
  return (
    <Empty title="No search matches" onClear={onClear}>
      No term has “<Foreign cut={false}>{text}</Foreign>” in it in these days.
    </Empty>
  );
}
