import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";
import { formatMoney } from "~/format/money";
import { changeOf, formatCount, formatPercent, pointsOf } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { PAGE_ROWS } from "~/parts/pager";
import type { Column } from "~/parts/table";
import { usePeriod } from "~/state/period";
import { usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { type GrowthFigure, GrowthPage } from "../growth/growth_page";
import { RevenueCell, amountOf, revenueTexts } from "../growth/revenue";

type Day = components["schemas"]["LandingDay"];
type Figures = Omit<Day, "day" | "complete">;
type Row = components["schemas"]["ListedLandingPage"];

const SORTS = ["visits", "clicks", "purchases", "revenue", "conversion", "views", "landing_page_id"] as const;

export default function LandingPages() {
  const store = useStore();
  const { query: days, compared } = usePeriod();
  const [search] = usePageSearch();
  const { sort, setSort } = useSorting("landing-pages", SORTS, "-visits");
  const row = search.row;
  const asked = { store_id: store.store_id, ...days };
  const stats = useQuery({ ...statsQuery(row, { ...asked, compare: compared.compare }), enabled: store.store_id !== "" });
  const earlier = useQuery({ ...statsQuery(row, { ...asked, ...compared.days }), enabled: store.store_id !== "" && compared.days !== null });
  const list = useQuery({
    queryKey: ["landing-pages", "list", asked, sort, search.cur],
    queryFn: async ({ signal }) => {
      const query = { ...asked, sort, currency: store.currency ?? undefined, limit: PAGE_ROWS, cursor: search.cur };
      return dataOf(await client.GET("/api/landing-pages", { params: { query }, signal }));
    },
    enabled: store.store_id !== "",
  });
  const main = store.currency ?? list.data?.currency ?? null;
  return (
    <GrowthPage<Day, Row>
      title="Landing pages"
      noun="landing pages"
      single="landing page"
      stats={stats}
      earlier={earlier.data?.by_day}
      list={list}
      figures={figuresOf(stats.data, stats.data?.comparison ?? null, main)}
      columns={columnsOf(main)}
      idOf={(one) => one.landing_page_id}
      sort={sort}
      onSort={setSort}
      firstRun="A page counts once its script sends a view: docs/landing-pages.md says how to put it there."
    />
  );
}

/** The figures of one page, or of all. */
function statsQuery(row: string | undefined, query: NonNullable<operations["get_landing_stats_of_store"]["parameters"]["query"]>) {
  return queryOptions({
    queryKey: ["landing-pages", "stats", query, row],
    queryFn: async ({ signal }) => {
      const answer =
        row === undefined
          ? dataOf(await client.GET("/api/landing-pages/stats", { params: { query }, signal }))
          : dataOf(await client.GET("/api/landing-pages/{landing_page_id}/stats", { params: { path: { landing_page_id: row }, query }, signal }));
      return { ...answer.data, comparison: answer.comparison ?? null };
    },
  });
}

function figuresOf(now: Figures | undefined, compared: Figures | null, main: string | null): GrowthFigure<Day>[] {
  const before = compared && hasAny(compared) ? compared : null; // without a value there is no comparison
  const money = revenueTexts(now?.revenue ?? [], main);
  const currency = now?.revenue.some((one) => one.currency === main) ? main : (now?.revenue[0]?.currency ?? main);
  return [
    countFigure("visits", "Visits", now, before, compared !== null, `${formatCount(now?.views)} page views`, "Distinct sessions of the period that saw one of these pages. One that saw two pages is one visit here, and one of each page in the list. Robots are left out."),
    countFigure("clicks", "Clicks", now, before, compared !== null, "on a call to action", "Clicks on a call to action (AddToCart), each one."),
    countFigure("purchases", "Purchases", now, before, compared !== null, "each order once", "Orders that are paid, each once, for the page of their first telling; and purchases that name no order."),
    {
      id: "revenue",
      name: "Revenue",
      value: now?.revenue.length ? money.main : now ? "none" : "–",
      before: compared ? (before?.revenue.length ? revenueTexts(before.revenue, currency).main : null) : undefined,
      context: money.others || "net of refunds",
      definition: { text: "Amounts of these purchases, net of refunds. Currencies are never added.", chapter: "Landing pages" },
      ofDay: (day) => amountOf(day?.revenue, currency),
      format: (value) => (value === null ? "–" : formatMoney(value.toFixed(2), currency)),
    },
    {
      id: "conversion",
      name: "Conversion",
      value: formatPercent(now?.conversion, 2),
      change: pointsOf(now?.conversion, before?.conversion, 2),
      before: compared ? (before?.conversion == null ? null : formatPercent(before.conversion, 2)) : undefined,
      context: now ? `${formatCount(now.purchases)} of ${formatCount(now.visits)} visits` : "",
      definition: {
        text: "Purchases for each visit.",
        formula: now ? `${formatCount(now.purchases)} ÷ ${formatCount(now.visits)} = ${formatPercent(now.conversion, 2)}` : undefined,
        chapter: "Landing pages",
      },
      ofDay: (day) => day?.conversion ?? null,
      format: (value) => formatPercent(value, 2),
      isShare: true,
    },
  ];
}

function hasAny(figures: Figures): boolean {
  return figures.visits + figures.views + figures.clicks + figures.purchases > 0;
}

function countFigure(id: "visits" | "clicks" | "purchases", name: string, now: Figures | undefined, before: Figures | null, isCompared: boolean, context: string, text: string): GrowthFigure<Day> {
  return {
    id,
    name,
    value: formatCount(now?.[id]),
    change: changeOf(now?.[id], before?.[id]),
    before: isCompared ? before && formatCount(before[id]) : undefined,
    context,
    definition: { text, chapter: "Landing pages" },
    ofDay: (day) => day?.[id] ?? 0,
    format: formatCount,
  };
}

function columnsOf(main: string | null): Column<Row>[] {
  return [
    { id: "page", name: "Landing page", cell: (row) => <Foreign>{row.landing_page_id}</Foreign>, sort: { by: "landing_page_id", first: "up" } },
    { id: "visits", name: "Visits", width: "11%", align: "right", cell: (row) => formatCount(row.visits), sort: { by: "visits", first: "down" } },
    { id: "clicks", name: "Clicks", width: "11%", align: "right", cell: (row) => formatCount(row.clicks), sort: { by: "clicks", first: "down" } },
    { id: "purchases", name: "Purchases", width: "12%", align: "right", cell: (row) => formatCount(row.purchases), sort: { by: "purchases", first: "down" } },
    { id: "revenue", name: "Revenue", width: "22%", align: "right", cell: (row) => <RevenueCell rows={row.revenue} main={main} />, sort: { by: "revenue", first: "down" } },
    { id: "conversion", name: "Conversion", width: "12%", align: "right", phone: "aside", cell: (row) => formatPercent(row.conversion, 2), sort: { by: "conversion", first: "down" } },
  ];
}
