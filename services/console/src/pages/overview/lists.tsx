import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ranked } from "~/charts/small";
import { formatCount, formatPercent, ratioOf } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { sharedOf, usePageSearch } from "~/state/search";
import type { Funnel, Products, Sources } from "./queries";

interface ListProps<Data> {
  query: UseQueryResult<Data, Error>;
}

interface PanelProps<Data> extends ListProps<Data> {
  title: string;
  /** The page with more about it. */
  to: string;
  /** The names of the columns: "views · bought". */
  columns: string;
  what: string;
  rows: number;
  children: (data: Data) => ReactNode;
}

function Panel<Data>({ title, to, columns, what, rows, query, children }: PanelProps<Data>) {
  return (
    <section aria-label={title} className="min-w-0 px-2 py-3">
      <div className="mb-1 flex items-baseline justify-between gap-3 px-2">
        <h2 className="font-semibold">
          <PageLink to={to} className="reachable rounded-badge underline-offset-4 hover:underline">
            {title}
          </PageLink>
        </h2>
        <span className="text-sm text-ink3">{columns}</span>
      </div>
      <Read query={query} what={what} loading={<LoadingRows rows={rows} height={30} />}>
        {children}
      </Read>
    </section>
  );
}

/** A link to another page with this store and period. */
function PageLink({ to, className, children }: { to: string; className: string; children: ReactNode }) {
  const [search] = usePageSearch();
  return (
    <Link to={to} search={sharedOf(search) as never} className={className}>
      {children}
    </Link>
  );
}

function Nothing() {
  return <p className="px-2 py-2 text-ink3">Nothing in this period.</p>;
}

const STEPS: Record<string, { name: string; short: string }> = {
  page_view: { name: "Page viewed", short: "page" },
  product_view: { name: "Product viewed", short: "product" },
  add_to_cart: { name: "Added to cart", short: "cart" },
  checkout_start: { name: "Checkout begun", short: "checkout" },
  purchase: { name: "Bought", short: "purchase" },
};

export function FunnelList({ query }: ListProps<Funnel>) {
  return (
    <Panel title="Funnel" to="/funnel" columns="sessions · of first" what="the funnel" rows={7} query={query}>
      {(funnel) => (
        <>
          <Ranked
            label="Sessions by step"
            rows={funnel.data.map((step) => ({
              id: step.step,
              name: STEPS[step.step]?.name ?? step.step,
              value: step.sessions,
              text: formatCount(step.sessions),
              second: formatPercent(step.of_first),
            }))}
          />
          <Loss funnel={funnel} />
        </>
      )}
    </Panel>
  );
}

/** The step at which most sessions end. */
function Loss({ funnel }: { funnel: Funnel }) {
  const steps = funnel.data;
  const lost = steps.map((step, place) => (place ? steps[place - 1]!.sessions - step.sessions : 0));
  const worst = lost.indexOf(Math.max(...lost));
  const from = steps[worst - 1];
  if (!from || !lost[worst]) return null;
  const shareOf = (told: Funnel["data"]) => ratioOf(told[worst - 1]!.sessions - told[worst]!.sessions, told[worst - 1]!.sessions);
  const before = funnel.comparison ? shareOf(funnel.comparison.data) : null;
  return (
    <p className="mx-2 mt-2 border-t border-line pt-2 text-sm text-ink2">
      Most leave between <strong className="font-semibold">{STEPS[from.step]?.short ?? from.step}</strong> and{" "}
      <strong className="font-semibold">{STEPS[steps[worst]!.step]?.short ?? steps[worst]!.step}</strong>:{" "}
      {formatPercent(shareOf(steps), 0)} of {formatCount(from.sessions)} sessions
      {beforeOf(shareOf(steps), before)}{" "}
      <PageLink to="/funnel" className="text-accent underline">
        See each step
      </PageLink>
    </p>
  );
}

function beforeOf(now: number | null, before: number | null): string {
  if (before === null) return ".";
  const [share, earlier] = [formatPercent(now, 0), formatPercent(before, 0)];
  return share === earlier ? ", as in the period before." : `, ${earlier} in the period before.`;
}

export function ProductList({ query }: ListProps<Products>) {
  return (
    <Panel title="Products" to="/products" columns="views · bought" what="the products" rows={7} query={query}>
      {({ data }) =>
        data.length === 0 ? (
          <Nothing />
        ) : (
          <Ranked
            label="Products by views"
            rows={data.map((one) => ({
              id: one.product_id,
              name: <Foreign>{one.product_name ?? one.product_id}</Foreign>,
              value: one.views,
              text: formatCount(one.views),
              second: formatCount(one.purchases),
            }))}
          />
        )
      }
    </Panel>
  );
}

export function SourceList({ query }: ListProps<Sources>) {
  return (
    <Panel title="Came from" to="/sources" columns="sessions · bought" what="where sessions came from" rows={7} query={query}>
      {(sources) => (sources.data.length === 0 ? <Nothing /> : <Ranked label="Sessions by where they came from" rows={rowsOf(sources)} />)}
    </Panel>
  );
}

/** The first rows, and the sum of the others. */
function rowsOf({ data, totals, total, more }: Sources) {
  const rows = data.map((one) => ({
    id: `of ${one.source ?? ""}`,
    name: one.source === null ? "Direct" : <Foreign>{one.source}</Foreign>,
    value: one.sessions,
    text: formatCount(one.sessions),
    second: formatPercent(one.conversion),
  }));
  const others = total - data.length;
  if (others <= 0) return rows;
  const sum = (name: "sessions" | "purchases") => totals[name] - data.reduce((all, one) => all + one[name], 0);
  const [sessions, bought] = [sum("sessions"), sum("purchases")];
  return [
    ...rows,
    {
      id: "others",
      name: `${formatCount(others)}${more ? "+" : ""} more`,
      value: sessions,
      text: formatCount(sessions),
      second: formatPercent(ratioOf(bought, sessions)),
    },
  ];
}
