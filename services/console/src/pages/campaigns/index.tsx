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

type Day = components["schemas"]["CampaignDay"];
type Figures = Omit<Day, "day" | "complete">;
type Row = components["schemas"]["ListedCampaign"];

const SORTS = ["people", "opens", "orders", "revenue", "conversion", "campaign_id"] as const;

export default function Campaigns() {
  const store = useStore();
  const { query: days, compared } = usePeriod();
  const [search] = usePageSearch();
  const { sort, setSort } = useSorting("campaigns", SORTS, "-people");
  const row = search.row;
  const asked = { store_id: store.store_id, ...days };
  const stats = useQuery({ ...statsQuery(row, { ...asked, compare: compared.compare }), enabled: store.store_id !== "" });
  const earlier = useQuery({ ...statsQuery(row, { ...asked, ...compared.days }), enabled: store.store_id !== "" && compared.days !== null });
  const list = useQuery({
    queryKey: ["campaigns", "list", asked, sort, search.cur],
    queryFn: async ({ signal }) => {
      const query = { ...asked, sort, currency: store.currency ?? undefined, limit: PAGE_ROWS, cursor: search.cur };
      return dataOf(await client.GET("/api/campaigns", { params: { query }, signal }));
    },
    enabled: store.store_id !== "",
  });
  const main = store.currency ?? list.data?.currency ?? null;
  return (
    <GrowthPage<Day, Row>
      title="Campaigns"
      noun="campaigns"
      single="campaign"
      stats={stats}
      earlier={earlier.data?.by_day}
      list={list}
      figures={figuresOf(stats.data, stats.data?.comparison ?? null, main)}
      columns={columnsOf(main)}
      idOf={(one) => one.campaign_id}
      sort={sort}
      onSort={setSort}
      firstRun="A campaign counts once its first event arrives at /ingest: docs/campaigns.md says how to send it."
    />
  );
}

/** The figures of one campaign, or of all. */
function statsQuery(row: string | undefined, query: NonNullable<operations["get_campaign_stats_of_store"]["parameters"]["query"]>) {
  return queryOptions({
    queryKey: ["campaigns", "stats", query, row],
    queryFn: async ({ signal }) => {
      const answer =
        row === undefined
          ? dataOf(await client.GET("/api/campaigns/stats", { params: { query }, signal }))
          : dataOf(await client.GET("/api/campaigns/{campaign_id}/stats", { params: { path: { campaign_id: row }, query }, signal }));
      return { ...answer.data, comparison: answer.comparison ?? null };
    },
  });
}

function figuresOf(now: Figures | undefined, compared: Figures | null, main: string | null): GrowthFigure<Day>[] {
  const before = compared && hasAny(compared) ? compared : null; // without a value there is no comparison
  const money = revenueTexts(now?.revenue ?? [], main);
  const currency = now?.revenue.some((one) => one.currency === main) ? main : (now?.revenue[0]?.currency ?? main);
  return [
    countFigure("people", "People", now, before, compared !== null, "each once", "Distinct tracking ids of the period. Somebody who came by two campaigns is one here, and one of each campaign in the list. Robots are left out."),
    countFigure("opens", "Opens", now, before, compared !== null, "of the web app", "Events WEBAPP_OPEN, each one."),
    countFigure("orders", "Orders", now, before, compared !== null, "paid, each once", "Orders that are paid, each once, for the campaign that their first telling with one names; and paid events that name no order."),
    {
      id: "revenue",
      name: "Revenue",
      value: now?.revenue.length ? money.main : now ? "none" : "–",
      before: compared ? (before?.revenue.length ? revenueTexts(before.revenue, currency).main : null) : undefined,
      context: money.others || "net of refunds",
      definition: { text: "Amounts of these orders, net of refunds. Currencies are never added.", chapter: "Campaigns" },
      ofDay: (day) => amountOf(day?.revenue, currency),
      format: (value) => (value === null ? "–" : formatMoney(value.toFixed(2), currency)),
    },
    {
      id: "conversion",
      name: "Conversion",
      value: formatPercent(now?.conversion, 2),
      change: pointsOf(now?.conversion, before?.conversion, 2),
      before: compared ? (before?.conversion == null ? null : formatPercent(before.conversion, 2)) : undefined,
      context: now ? `${formatCount(now.orders)} of ${formatCount(now.people)} people` : "",
      definition: {
        text: "Orders for each person.",
        formula: now ? `${formatCount(now.orders)} ÷ ${formatCount(now.people)} = ${formatPercent(now.conversion, 2)}` : undefined,
        chapter: "Campaigns",
      },
      ofDay: (day) => day?.conversion ?? null,
      format: (value) => formatPercent(value, 2),
      isShare: true,
    },
  ];
}

function hasAny(figures: Figures): boolean {
  return figures.people + figures.opens + figures.orders + figures.others > 0;
}

function countFigure(id: "people" | "opens" | "orders", name: string, now: Figures | undefined, before: Figures | null, isCompared: boolean, context: string, text: string): GrowthFigure<Day> {
  return {
    id,
    name,
    value: formatCount(now?.[id]),
    change: changeOf(now?.[id], before?.[id]),
    before: isCompared ? before && formatCount(before[id]) : undefined,
    context,
    definition: { text, chapter: "Campaigns" },
    ofDay: (day) => day?.[id] ?? 0,
    format: formatCount,
  };
}

function columnsOf(main: string | null): Column<Row>[] {
  return [
    { id: "campaign", name: "Campaign", cell: (row) => <Foreign>{row.campaign_id}</Foreign>, sort: { by: "campaign_id", first: "up" } },
    { id: "people", name: "People", width: "11%", align: "right", cell: (row) => formatCount(row.people), sort: { by: "people", first: "down" } },
    { id: "opens", name: "Opens", width: "11%", align: "right", cell: (row) => formatCount(row.opens), sort: { by: "opens", first: "down" } },
    { id: "orders", name: "Orders", width: "12%", align: "right", cell: (row) => formatCount(row.orders), sort: { by: "orders", first: "down" } },
    { id: "revenue", name: "Revenue", width: "22%", align: "right", cell: (row) => <RevenueCell rows={row.revenue} main={main} />, sort: { by: "revenue", first: "down" } },
    { id: "conversion", name: "Conversion", width: "12%", align: "right", phone: "aside", cell: (row) => formatPercent(row.conversion, 2), sort: { by: "conversion", first: "down" } },
  ];
}
