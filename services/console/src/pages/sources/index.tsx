import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { formatCount, formatPercent, formatRate } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { PAGE_ROWS, Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { SearchField } from "~/parts/search_field";
import { Segmented } from "~/parts/segmented";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { useChoice, usePageSearch } from "~/state/search";
import { type Sorting, useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { SessionStrip, VitalStrip } from "./figures";
import { type Origin, type OriginKind, type Origins, type SeenPage, originsQuery, pagesQuery } from "./queries";

const LISTS = ["source", "medium", "campaign", "country", "pages"] as const;
type List = (typeof LISTS)[number];
const NAMES: Record<List, string> = { source: "Sources", medium: "Mediums", campaign: "Campaigns", country: "Countries", pages: "Pages" };

export default function SourcesPage() {
  const [list] = useChoice<List>("list", LISTS, "source");
  return list === "pages" ? <SeenPages /> : <OriginsPage kind={list} key={list} />;
}

/** The list's search and cursor as parameters of the API. */
function useAsked<Sort extends string>(sorting: Sorting<Sort>) {
  const { store_id } = useStore();
  const { query } = usePeriod();
  const [search] = usePageSearch();
  const text = search["f.q"] ?? "";
  return { store_id, ...query, ...sorting.query, limit: PAGE_ROWS, ...(text ? { search: text } : {}), ...(search.cur ? { cursor: search.cur } : {}) };
}

function useCompare() {
  const { compared } = usePeriod();
  return compared.compare ? { compare: compared.compare } : {};
}

/** All sessions, if the list's own answer does not include them. */
function useSessions(isWanted: boolean) {
  const { store_id } = useStore();
  const { query } = usePeriod();
  return useQuery({ ...originsQuery("source", { store_id, ...query, ...useCompare(), limit: 1 }), enabled: isWanted });
}

const ORIGIN_SORTS = ["name", "sessions", "bounce_rate", "pages_per_session", "purchases", "conversion"] as const;

function OriginsPage({ kind }: { kind: OriginKind }) {
  const sorting = useSorting("origins", ORIGIN_SORTS, "-sessions");
  const compare = useCompare();
  const origins = useQuery(originsQuery(kind, { ...useAsked(sorting), ...(kind === "country" ? {} : compare) }));
  const sessions = useSessions(kind === "country");
  return <Listing list={kind} sessions={kind === "country" ? sessions : origins} query={origins} columns={originColumns(kind)} idOf={(row: Origin) => row.name ?? ""} sorting={sorting} />;
}

const PAGE_SORTS = ["name", "views", "entries", "exits"] as const;

function SeenPages() {
  const sorting = useSorting("pages", PAGE_SORTS, "-views");
  const pages = useQuery(pagesQuery(useAsked(sorting)));
  return <Listing list="pages" sessions={useSessions(true)} query={pages} columns={PAGE_COLUMNS} idOf={(row: SeenPage) => row.page ?? ""} sorting={sorting} />;
}

interface ListingProps<Row> {
  list: List;
  sessions: UseQueryResult<Origins, Error>;
  query: UseQueryResult<{ data: Row[]; total: number; more: boolean; next_cursor: string | null }, Error>;
  columns: readonly Column<Row>[];
  idOf: (row: Row) => string;
  sorting: Sorting<string>;
}

function Listing<Row>({ list, sessions, query, columns, idOf, sorting }: ListingProps<Row>) {
  const [search, change] = usePageSearch();
  const text = search["f.q"] ?? "";
  const noun = NAMES[list].toLowerCase();
  return (
    <Page title="Sources and pages" period comparison freshness={freshnessOf(query)}>
      <SessionStrip sessions={sessions} />
      <VitalStrip />
      <div role="group" aria-label="Filters" className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <ListChoice list={list} onChoose={(next) => change({ list: next === "source" ? null : next, sort: null, "f.q": null })} />
        <SearchField key={list} label={`Part of a name`} value={text} onSearch={(typed) => change({ "f.q": typed || null }, { replace: true })} />
      </div>
      <section aria-label={NAMES[list]} className="min-w-0">
        <Read query={query} what={`the ${noun}`}>
          {(page) =>
            page.data.length === 0 && !search.cur ? (
              <Empty title={text ? `None of the ${noun} matches` : `No ${noun} in these days`} onClear={text ? () => change({ "f.q": null }) : undefined}>
                {text ? <>Nothing has “{text}” in its name.</> : "They appear with the first session that begins."}
              </Empty>
            ) : (
              <>
                <Table label={NAMES[list]} columns={columns} rows={page.data} idOf={idOf} sort={sorting.sort} onSort={sorting.setSort} isBusy={query.isPlaceholderData} />
                <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun={noun} isBusy={query.isPlaceholderData}>
                  {list === "pages" && <span className="text-ink3">Entries and exits are sessions; views are page views.</span>}
                </Pager>
              </>
            )
          }
        </Read>
      </section>
    </Page>
  );
}

/** Five choices are too wide for a phone. */
function ListChoice({ list, onChoose }: { list: List; onChoose: (list: List) => void }) {
  return (
    <>
      <span className="max-md:hidden">
        <Segmented label="List" value={list} choices={LISTS.map((one) => [one, NAMES[one]] as const)} onChoose={onChoose} />
      </span>
      <select aria-label="List" value={list} onChange={(event) => onChoose(event.target.value as List)} className="h-11 w-full rounded-control border border-line2 bg-surface px-2 md:hidden">
        {LISTS.map((one) => (
          <option key={one} value={one}>
            {NAMES[one]}
          </option>
        ))}
      </select>
    </>
  );
}

const HEADS: Record<OriginKind, [string, string]> = {
  source: ["Source", "direct, or not said"],
  medium: ["Medium", "not said"],
  campaign: ["Campaign", "none"],
  country: ["Country", "not known"],
};

function originColumns(kind: OriginKind): Column<Origin>[] {
  const [head, none] = HEADS[kind];
  return [
    { id: "name", name: head, phone: "title", sort: { by: "name", first: "up" }, cell: (row) => <OriginName name={row.name} none={none} kind={kind} /> },
    { id: "sessions", name: "Sessions", width: "8rem", align: "right", phone: "aside", sort: { by: "sessions", first: "down" }, cell: (row) => formatCount(row.sessions) },
    { id: "bounce_rate", name: "Bounces", width: "8rem", align: "right", sort: { by: "bounce_rate", first: "down" }, cell: (row) => <Bounces origin={row} /> },
    { id: "pages_per_session", name: "Pages a session", width: "9.5rem", align: "right", phone: "hidden", sort: { by: "pages_per_session", first: "down" }, cell: (row) => formatRate(row.pages_per_session) },
    { id: "purchases", name: "Bought", width: "7rem", align: "right", phone: "hidden", sort: { by: "purchases", first: "down" }, cell: (row) => formatCount(row.purchases) },
    { id: "conversion", name: "Of its sessions", width: "9rem", align: "right", phone: "hidden", sort: { by: "conversion", first: "down" }, cell: (row) => formatPercent(row.conversion, 2) },
  ];
}

/** On phones the other figures are in the same line. */
function Bounces({ origin }: { origin: Origin }) {
  return (
    <>
      {formatPercent(origin.bounce_rate)}
      <span className="md:hidden">{` · ${formatRate(origin.pages_per_session)} pages · bought ${formatCount(origin.purchases)} (${formatPercent(origin.conversion, 2)})`}</span>
    </>
  );
}

const countries = new Intl.DisplayNames("en-GB", { type: "region", fallback: "code" });

function OriginName({ name, none, kind }: { name: string | null; none: string; kind: OriginKind }) {
  const shown = kind === "country" && name && /^[A-Z]{2}$/.test(name) ? `${countries.of(name)} (${name})` : name;
  return (
    <Foreign none={none} className="font-medium">
      {shown}
    </Foreign>
  );
}

/** On phones the exits are in the same line. */
function Entries({ page }: { page: SeenPage }) {
  return (
    <>
      {formatCount(page.entries)}
      <span className="md:hidden"> · ended here {formatCount(page.exits)}</span>
    </>
  );
}

const PAGE_COLUMNS: Column<SeenPage>[] = [
  {
    id: "name",
    name: "Page",
    phone: "title",
    sort: { by: "name", first: "up" },
    cell: (row) => (
      <Foreign none="no address said" className="font-medium">
        {row.page}
      </Foreign>
    ),
  },
  { id: "views", name: "Views", width: "8rem", align: "right", phone: "aside", sort: { by: "views", first: "down" }, cell: (row) => formatCount(row.views) },
  { id: "entries", name: "Sessions began here", width: "11rem", align: "right", sort: { by: "entries", first: "down" }, cell: (row) => <Entries page={row} /> },
  { id: "exits", name: "Sessions ended here", width: "11rem", align: "right", phone: "hidden", sort: { by: "exits", first: "down" }, cell: (row) => formatCount(row.exits) },
];
