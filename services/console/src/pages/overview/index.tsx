import { useQuery } from "@tanstack/react-query";
import { FigureStrip } from "~/parts/figures";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { type Bucket, bucketsOf, usePeriod } from "~/state/period";
import { useChoice } from "~/state/search";
import { useStore } from "~/state/store";
import { OverviewChart } from "./chart";
import { FirstRun, useIsSilent } from "./first_run";
import { FunnelList, ProductList, SourceList } from "./lists";
import { MEASURES, type Measure, NAMES, figuresOf, mainCurrency } from "./measures";
import { PipelineColumn } from "./pipeline";
import { type Asked, type Overview as Figures, addressOf, funnelQuery, overviewQuery, productsQuery, sourcesQuery } from "./queries";
import { RunningTests } from "./tests_running";

/** How often figures of zero are read again, in milliseconds. */
const FIRST_EVENTS = 5_000;

export default function Overview() {
  const store = useStore();
  const { period, compared, query: days } = usePeriod();
  const { standard, choices } = bucketsOf(period);
  const [measure, choose] = useChoice<Measure>("m", MEASURES, "visitors");
  const [bucket, setBucket] = useChoice<Bucket>("b", choices, standard);
  const asked: Asked = { store: store.store_id, ...days, compare: compared.compare };
  const isKnown = store.store_id !== "";
  const overview = useQuery({
    ...overviewQuery(asked, bucket),
    enabled: isKnown,
    // Read often while a shop sends its first events.
    refetchInterval: ({ state }) => (period.isOpen && isZero(state.data) ? FIRST_EVENTS : false),
  });
  const funnel = useQuery({ ...funnelQuery(asked), enabled: isKnown });
  const products = useQuery({ ...productsQuery(asked), enabled: isKnown });
  const sources = useQuery({ ...sourcesQuery(asked), enabled: isKnown });
  const isSilent = useIsSilent(store, !isKnown || isZero(overview.data));
  const zone = store.time_zone;

  function told(data: Figures) {
    return { overview: data, currency: mainCurrency(data, store.currency), address: addressOf(asked, bucket), zone };
  }

  return (
    <Page title="Overview" period comparison freshness={freshnessOf(overview, funnel, products, sources)}>
      <div className="xl:flex">
        <div className="min-w-0 flex-1">
          {isSilent ? (
            <FirstRun store={store} />
          ) : (
            <>
              <Read query={overview} what="the figures" loading={<LoadingFigures />}>
                {(data) => (
                  <>
                    <FigureStrip label="Figures of the period" figures={figuresOf(told(data))} chosen={measure} onChoose={(id) => choose(id as Measure)} />
                    <OverviewChart
                      overview={data}
                      measure={measure}
                      currency={told(data).currency}
                      zone={zone}
                      dates={period.dates}
                      earlier={compared.name}
                      bucket={bucket}
                      buckets={choices}
                      onBucket={setBucket}
                    />
                  </>
                )}
              </Read>
              <div className="grid border-t border-line max-lg:divide-y max-lg:divide-line lg:grid-cols-3 lg:divide-x lg:divide-line">
                <FunnelList query={funnel} />
                <ProductList query={products} />
                <SourceList query={sources} />
              </div>
              <RunningTests store={store.store_id} />
            </>
          )}
        </div>
        <PipelineColumn zone={zone} />
      </div>
    </Page>
  );
}

function isZero(overview: Figures | undefined): boolean {
  if (!overview) return false;
  const { visitors, sessions, carts, orders, purchases } = overview.totals;
  return visitors + sessions + carts + orders + purchases === 0;
}

/** The strip and the chart as skeletons of their final size. */
function LoadingFigures() {
  const waiting = MEASURES.map((id) => ({ id, name: NAMES[id], value: "" }));
  return (
    <>
      <FigureStrip label="Figures of the period" figures={waiting} isLoading />
      <div style={{ height: 366 }}>
        <LoadingRows rows={1} />
      </div>
    </>
  );
}
