import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { askedOf } from "~/api/asked";
import { changeOf, formatCount, formatPercent, formatRate, pointsOf } from "~/format/numbers";
import { type Figure, FigureStrip } from "~/parts/figures";
import { Read } from "~/parts/read";
import { usePeriod } from "~/state/period";
import { useStore } from "~/state/store";
import { type Origins, type SessionFigures, type Vital, vitalsQuery } from "./queries";

const SOURCE = "the table sessions_daily: sessions by the day on which they began";

/** All sessions of the period, independent of the list below. */
export function SessionStrip({ sessions }: { sessions: UseQueryResult<Origins, Error> }) {
  const { store_id } = useStore();
  const { query, compared } = usePeriod();
  const request = askedOf("/api/analytics/sources", { store_id, ...query, compare: compared.compare });
  return (
    <Read query={sessions} what="the sessions" loading={<FigureStrip label="Sessions" figures={figuresOf(NONE, undefined, request)} isLoading />}>
      {({ totals, comparison }) => <FigureStrip label="Sessions" figures={figuresOf(totals, comparison?.totals, request)} />}
    </Read>
  );
}

const NONE: SessionFigures = { sessions: 0, bounces: 0, bounce_rate: null, pages_per_session: null, purchases: 0, conversion: null };

function figuresOf(all: SessionFigures, earlier: SessionFigures | undefined, query: string): Figure[] {
  const { sessions, bounces, purchases } = all;
  const share = (now: number | null, before: number | null | undefined, digits: number) => ({
    value: formatPercent(now, digits),
    change: pointsOf(now, before, digits),
    before: earlier && (before == null ? null : formatPercent(before, digits)),
  });
  const of = (part: number, share: number | null) => (sessions ? `${formatCount(part)} ÷ ${formatCount(sessions)} = ${formatPercent(share, 2)}` : undefined);
  return [
    {
      id: "sessions",
      name: "Sessions",
      value: formatCount(sessions),
      change: changeOf(sessions, earlier?.sessions),
      before: earlier && (earlier.sessions ? formatCount(earlier.sessions) : null),
      definition: { text: "Events of a session id without a pause of over 30 minutes are one session; it counts on the day on which it began. Robots are left out.", query, source: SOURCE, chapter: "Sessions" },
      context: "began in these days",
    },
    {
      id: "bounce_rate",
      name: "Bounces",
      ...share(all.bounce_rate, earlier?.bounce_rate, 1),
      better: "less",
      definition: { text: "Sessions of at most one page view that added nothing to a cart, began no checkout and bought nothing.", formula: of(bounces, all.bounce_rate), query, source: SOURCE, chapter: "Sessions" },
      context: `${formatCount(bounces)} of ${formatCount(sessions)}`,
    },
    {
      id: "pages_per_session",
      name: "Pages a session",
      value: formatRate(all.pages_per_session),
      change: changeOf(all.pages_per_session, earlier?.pages_per_session),
      before: earlier && (earlier.pages_per_session == null ? null : formatRate(earlier.pages_per_session)),
      definition: { text: "Page views divided by sessions.", query, source: SOURCE, chapter: "Sessions" },
      context: "page views each",
    },
    {
      id: "conversion",
      name: "Sessions that bought",
      ...share(all.conversion, earlier?.conversion, 2),
      definition: { text: "Sessions with a purchase, however many, whatever steps came before it. The funnel counts those that took every step.", formula: of(purchases, all.conversion), query, source: SOURCE, chapter: "Sessions" },
      context: `${formatCount(purchases)} of ${formatCount(sessions)}`,
    },
  ];
}

const VITAL_NAMES: Record<string, string> = {
  LCP: "Largest paint",
  INP: "Answer to input",
  CLS: "Layout shift",
  FCP: "First paint",
  TTFB: "First byte",
};
const RATINGS: Record<string, string> = { good: "good", needs_improvement: "fair", poor: "poor" };

/** How fast pages are for their visitors. */
export function VitalStrip() {
  const { store_id } = useStore();
  const { query, compared } = usePeriod();
  const asked = { store_id, ...query, ...(compared.compare ? { compare: compared.compare } : {}) };
  const vitals = useQuery(vitalsQuery(asked));
  const request = askedOf("/api/web-vitals", asked);
  return (
    <section aria-label="Speed of pages">
      <h2 className="px-4 pt-3 pb-1 font-semibold">
        Speed of pages <span className="font-normal text-ink3">· three of four visits stay under</span>
      </h2>
      <Read query={vitals} what="the speed of pages" loading={<FigureStrip label="Web vitals" figures={UNTOLD} isLoading />}>
        {({ data, comparison }) => {
          const earlier = new Map(comparison?.data.map((one) => [one.metric, one.p75]));
          return <FigureStrip label="Web vitals" figures={data.map((one) => vitalOf(one, comparison ? (earlier.get(one.metric) ?? null) : undefined, request))} />;
        }}
      </Read>
    </section>
  );
}

const UNTOLD: Figure[] = Object.entries(VITAL_NAMES).map(([metric, name]) => ({ id: metric, name: `${name} (${metric})`, value: "–" }));

function vitalOf(vital: Vital, before: number | null | undefined, query: string): Figure {
  const write = (value: number | null) => (value === null ? "–" : vital.unit === "score" ? value.toFixed(3) : value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`);
  return {
    id: vital.metric,
    name: `${VITAL_NAMES[vital.metric] ?? vital.metric} (${vital.metric})`,
    value: write(vital.p75),
    tone: vital.rating === "poor" ? "bad" : vital.rating === "needs_improvement" ? "warn" : undefined,
    before: before === undefined ? undefined : before === null ? null : write(before),
    definition: {
      text: "The value that three quarters of the samples are not above, less than 5% off. A sample is one value that a page told.",
      formula: `${formatPercent(vital.good)} good · ${formatPercent(vital.needs_improvement)} fair · ${formatPercent(vital.poor)} poor`,
      query,
      source: "the table web_vitals_daily: samples by page, day and value",
      chapter: "Web vitals",
    },
    context: vital.samples ? `${RATINGS[vital.rating ?? ""] ?? "not rated"} · ${formatCount(vital.samples)} samples` : "no page told of it",
  };
}
