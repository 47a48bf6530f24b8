import { IntervalBar, reachOf, ticksOf } from "~/charts/interval";
import { formatAxisLift } from "~/charts/lift_axis";
import { UNKNOWN, formatCount, formatPercent } from "~/format/numbers";
import { formatMoney } from "~/format/money";
import { readable } from "~/format/text";
import { formatIsoDay } from "~/format/time";
import { Defined } from "~/parts/definition";
import { type Drawn, drawnOf } from "./drawn";
import { useMethod } from "./phase_picker";
import type { MetricOfVariant, MetricResult, Reported, Results } from "./queries";
import { formatDifference, formatLift, formatValue, reasonWords } from "./words";

const COLUMNS = "md:grid md:grid-cols-[minmax(7rem,1.3fr)_4.5rem_minmax(4.5rem,0.7fr)_5.5rem_5rem_minmax(9rem,2fr)_5.5rem_5rem] md:items-center md:gap-x-3";

/** Each metric of each variant: figures of mature visitors, the drawn interval, the chance, the loss. */
export function MetricsTable({ reported }: { reported: Reported }) {
  const { results } = reported;
  const { method, hasPast } = useMethod();
  const drawn = new Map(results.metrics.flatMap((metric) => metric.variants.map((one) => [`${metric.metric} ${one.variant_id}`, drawnOf(one, method, hasPast)] as const)));
  const reach = Math.min(1.6, reachOf([...drawn.values()].map((one) => one.bar)));
  return (
    <div role="table" aria-label="Figures by metric and variant" className="relative min-w-0">
      <Head reach={reach} />
      {results.metrics.map((metric) => (
        <MetricGroup key={metric.metric} metric={metric} results={results} reach={reach} drawnOf={(id) => drawn.get(`${metric.metric} ${id}`)!} hasPast={hasPast} />
      ))}
      <p className="px-4 py-3 text-sm text-ink3">
        Figures are of visitors whose time to convert is over{results.mature_until ? `, until ${formatIsoDay(results.mature_until)} UTC` : ""}. <strong className="font-semibold">Beats control</strong> is the chance that it is better at all;{" "}
        <strong className="font-semibold">Loss if wrong</strong> is what shipping it costs on average if it is not. An interval that crosses zero is no win, however high the chance. Visitors count at their first
        exposure, robots never.
      </p>
    </div>
  );
}

function Head({ reach }: { reach: number }) {
  const cell = "truncate text-sm font-medium text-ink2";
  return (
    <div role="rowgroup" className="sticky top-(--bar) z-10 border-b border-line bg-surface max-md:sr-only">
      <div role="row" className={`min-h-9 px-4 ${COLUMNS}`}>
        <span role="columnheader" className={cell}>
          Variant
        </span>
        {["Visitors", "Did, or sum", "Figure", "Lift"].map((name) => (
          <span key={name} role="columnheader" className={`${cell} text-right`}>
            {name}
          </span>
        ))}
        <span role="columnheader" className="relative block h-5 text-xs text-ink3">
          <span className="sr-only">Interval of the lift</span>
          {ticksOf(reach).map((tick, place) => (
            <span key={tick} aria-hidden="true" style={{ left: `${place * 25}%` }} className={`absolute top-0.5 whitespace-nowrap ${place === 0 ? "" : place === 4 ? "-translate-x-full" : "-translate-x-1/2"}`}>
              {formatAxisLift(tick)}
            </span>
          ))}
        </span>
        {["Beats control", "Loss if wrong"].map((name) => (
          <span key={name} role="columnheader" className={`${cell} text-right`}>
            {name}
          </span>
        ))}
      </div>
    </div>
  );
}

interface GroupProps {
  metric: MetricResult;
  results: Results;
  reach: number;
  drawnOf: (variant: string) => Drawn;
  hasPast: boolean;
}

function MetricGroup({ metric, results, reach, drawnOf: of, hasPast }: GroupProps) {
  return (
    <div role="rowgroup" data-metric={metric.metric}>
      <div role="row" className="border-b border-line bg-canvas px-4 py-1.5">
        <span role="cell" className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-semibold">
            <Defined name={readable(metric.metric)} definition={{ text: KINDS[metric.kind], formula: metric.cap ? `a visitor’s total counts up to ${formatMoney(metric.cap, metric.currency)}` : undefined, source: "mature visitors of the phase" }} />
          </span>
          <span className="text-sm text-ink3">
            {[metric.is_primary && "decides", KIND_NAMES[metric.kind], metric.currency, metric.cap && `capped at ${formatMoney(metric.cap, metric.currency)}`, metric.direction === "decrease" && "less is better", hasPast && pastOf(metric)].filter(Boolean).join(" · ")}
          </span>
        </span>
      </div>
      {metric.variants.map((one) => (
        <VariantRow key={one.variant_id} metric={metric} one={one} results={results} reach={reach} drawn={of(one.variant_id)} />
      ))}
    </div>
  );
}

const KIND_NAMES = { binary: "visitors who did", count: "times a visitor", sum: "sum a visitor", ratio: "ratio of two" };
const KINDS = {
  binary: "The share of visitors with at least one event of the metric within their time.",
  count: "Events of the metric a visitor, within their time.",
  sum: "The sum of the events’ values a visitor, within their time. Events in another currency are left out.",
  ratio: "One sum divided by another, over all visitors. It looks at those alone who have the second.",
};

function pastOf(metric: MetricResult): string {
  const cuped = metric.variants.map((one) => one.compared?.cuped).find((one) => one);
  if (!cuped) return "nothing of the past to use";
  if (cuped.variance_reduction === null) return reasonWords(cuped.reason).toLowerCase();
  return `the past explains ${formatPercent(cuped.variance_reduction, 0)} of the variance`;
}

interface RowProps {
  metric: MetricResult;
  one: MetricOfVariant;
  results: Results;
  reach: number;
  drawn: Drawn;
}

function VariantRow({ metric, one, results, reach, drawn }: RowProps) {
  const variant = results.variants.find((each) => each.variant_id === one.variant_id);
  const name = readable(variant?.name ?? one.variant_id);
  const tone = toneOf(drawn, metric, one);
  const bayes = one.compared?.bayes;
  const did = metric.kind === "sum" ? formatMoney(one.mature.total, metric.currency) : formatCount(metric.kind === "count" ? one.mature.events : one.mature.converters);
  const text = { ok: "text-ok font-semibold", bad: "text-bad font-semibold", neutral: "" }[tone];
  return (
    <div role="row" data-variant={one.variant_id} className={`min-h-9 border-b border-line px-4 max-md:py-2 ${COLUMNS}`}>
      <span role="cell" className="block min-w-0 truncate font-medium" title={name}>
        <bdi>{name}</bdi>
      </span>
      <Cell name="Visitors" id="visitors">
        {formatCount(one.mature.units)}
      </Cell>
      <Cell name="Did, or sum" id="did">
        {did}
      </Cell>
      <Cell name="Figure" id="value">
        <span title={one.mature.value === null ? reasonWords(one.mature.reason) : undefined}>{formatValue(one.mature.value, metric)}</span>
      </Cell>
      <Cell name="Lift" id="lift">
        {one.compared === null ? (
          <span className="text-ink3">{variant?.is_control ? "baseline" : "no visitors meant"}</span>
        ) : (
          <span className={text} title={drawn.value === null ? reasonWords(drawn.reason) : undefined}>
            {formatLift(drawn.value)}
          </span>
        )}
      </Cell>
      <span role="cell" className="block min-w-0" data-column="interval">
        {one.compared !== null && (drawn.bar ? <IntervalBar reach={reach} bar={drawn.bar} thin={drawn.thin} value={drawn.value} tone={tone} label={intervalWords(name, metric, drawn)} /> : <NoInterval one={one} metric={metric} reason={drawn.reason} />)}
      </span>
      <Cell name="Beats control" id="beats">
        {bayes ? chanceWords(bayes.beats_control) : UNKNOWN}
      </Cell>
      <Cell name="Loss if wrong" id="loss">
        {bayes ? formatDifference(bayes.loss_if_chosen, metric).replace(/^[+−]/, "") : UNKNOWN}
      </Cell>
    </div>
  );
}

/** If no lift can be computed, the difference is shown instead. */
function NoInterval({ one, metric, reason }: { one: MetricOfVariant; metric: MetricResult; reason: string | null }) {
  const { comparison } = one.compared!.always_valid;
  if (!comparison.interval) return <span className="text-sm text-ink3">{reasonWords(reason ?? comparison.reason)}</span>;
  return (
    <span className="text-sm text-ink3">
      difference {formatDifference(comparison.interval.low, metric)} to {formatDifference(comparison.interval.high, metric)}
    </span>
  );
}

function Cell({ name, id, children }: { name: string; id: string; children: React.ReactNode }) {
  return (
    <span role="cell" data-column={id} className="min-w-0 truncate text-ink2 max-md:flex max-md:justify-between max-md:gap-3 md:block md:text-right">
      <span aria-hidden="true" className="text-sm text-ink3 md:hidden">
        {name}
      </span>
      {children}
    </span>
  );
}

function toneOf(drawn: Drawn, metric: MetricResult, one: MetricOfVariant): "ok" | "bad" | "neutral" {
  if (!drawn.isConclusive || !one.is_enough || drawn.value === null || drawn.value === 0) return "neutral";
  return drawn.value > 0 === (metric.direction === "increase") ? "ok" : "bad";
}

function intervalWords(name: string, metric: MetricResult, { value, bar, isConclusive }: Drawn): string {
  return `${name}, ${metric.metric}: ${formatLift(value)}, between ${formatLift(bar?.low)} and ${formatLift(bar?.high)}${isConclusive ? ", conclusive" : ""}`;
}

function chanceWords(chance: number): string {
  if (chance > 0.999) return ">99.9%";
  if (chance < 0.001) return "<0.1%";
  return formatPercent(chance);
}
