import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { askedOf } from "~/api/asked";
import { formatCount, formatPercent, pointsOf } from "~/format/numbers";
import { Defined } from "~/parts/definition";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { useStore } from "~/state/store";
import { TopProducts } from "../products/top";
import { TopSearches } from "../searches/top";
import { ConversionChart } from "./conversion_chart";
import { type Funnel, funnelQuery } from "./queries";
import { Steps } from "./steps";

export default function FunnelPage() {
  const { store_id } = useStore();
  const { query, compared } = usePeriod();
  const asked = { store_id, ...query, ...(compared.compare ? { compare: compared.compare } : {}) };
  const funnel = useQuery(funnelQuery(asked));
  return (
    <Page title="Funnel" period comparison freshness={freshnessOf(funnel)}>
      <Read query={funnel} what="the funnel" loading={<LoadingFunnel />}>
        {(found) => (
          <>
            <section aria-label="Steps" className="border-b border-line">
              <Headline funnel={found} request={askedOf("/api/analytics/funnel", asked)} />
              {found.data[0]?.sessions ? <Steps steps={found.data} earlier={found.comparison?.data} earlierName={compared.choice === "previous_year" ? "a year before" : "the period before"} /> : <NoSessions />}
            </section>
            <div className="grid min-w-0 flex-1 xl:grid-cols-[minmax(0,1.25fr)_minmax(0,1.2fr)_minmax(0,1fr)]">
              <ConversionChart funnel={found} at={funnel.dataUpdatedAt} />
              <TopProducts />
              <TopSearches />
            </div>
          </>
        )}
      </Read>
    </Page>
  );
}

function Headline({ funnel, request }: { funnel: Funnel; request: string }) {
  const { period, compared } = usePeriod();
  const [first, last] = [funnel.data[0]?.sessions ?? 0, funnel.data.at(-1)?.sessions ?? 0];
  const share = funnel.data.at(-1)?.of_first;
  const before = funnel.comparison?.data.at(-1)?.of_first;
  const change = pointsOf(share, before, 2);
  const tone = change?.direction === "up" ? "text-ok" : change?.direction === "down" ? "text-bad" : "text-ink2";
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 pt-3 pb-2 md:border-b md:border-line">
      <p className="text-md font-semibold" data-headline>
        <Defined
          name={`${formatCount(last)} of ${formatCount(first)} sessions bought: ${formatPercent(share, 2)}`}
          definition={{
            text: "A session counts for a step if it took this step and every step before it, in any order, on the day on which it began. Robots are left out.",
            formula: first ? `${formatCount(last)} ÷ ${formatCount(first)} = ${formatPercent(share, 2)}` : undefined,
            query: request,
            source: "the table funnel_daily: sessions by day and step",
            chapter: "Funnel",
          }}
        />
      </p>
      {compared.name && (
        <p className="text-sm text-ink3">
          {change ? <span className={`font-medium ${tone}`}>{change.text} </span> : null}
          {before == null ? "no earlier data" : `from ${formatPercent(before, 2)}`}
        </p>
      )}
      <p className="text-sm text-ink3">A session counts once, for a step and every step before it.</p>
      <ul className="ml-auto flex gap-4 text-sm text-ink2">
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-s1" />
          {period.dates}
        </li>
        {compared.name && (
          <li className="flex items-center gap-1.5">
            <span aria-hidden="true" className="w-3 border-t-2 border-dotted border-previous" />
            {compared.name}
          </li>
        )}
      </ul>
    </div>
  );
}

function NoSessions() {
  return (
    <Empty title="No session began in these days">
      Choose a longer period, or look at <Link to="/live" className="text-accent underline">Live</Link> whether events arrive.
    </Empty>
  );
}

function LoadingFunnel() {
  return (
    <div role="status" aria-label="Loading" className="border-b border-line">
      <div className="px-4 py-3">
        <span className="skeleton">0,000 of 00,000 sessions bought</span>
      </div>
      <div className="h-[21rem]" />
    </div>
  );
}
