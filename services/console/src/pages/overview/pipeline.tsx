import { useQuery } from "@tanstack/react-query";
import { Check, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { type Pipeline, isMore, pipelineQuery } from "~/api/pipeline";
import { LineChart } from "~/charts/line_chart";
import { formatCount, formatRate } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { formatAge, formatBehind, formatDuration, formatSeconds, zoneName } from "~/format/time";
import { Badge, Dot, type Tone } from "~/parts/badge";
import { Defined } from "~/parts/definition";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";

/** How the pipeline is, whatever store is shown: the ledger as a sum, checks in words, its pace. */
export function PipelineColumn({ zone }: { zone: string }) {
  const query = useQuery(pipelineQuery);
  return (
    <aside aria-label="Pipeline" className="min-w-0 border-line max-xl:border-t xl:w-[19rem] xl:shrink-0 xl:border-l">
      <Read query={query} what="the pipeline" loading={<LoadingRows rows={12} />}>
        {(pipeline) => (
          <div className="max-xl:grid max-xl:md:grid-cols-2">
            <Ledger pipeline={pipeline} zone={zone} />
            <Checks pipeline={pipeline} zone={zone} />
            <Pace pipeline={pipeline} zone={zone} />
            <Streams pipeline={pipeline} />
          </div>
        )}
      </Read>
    </aside>
  );
}

function Ledger({ pipeline, zone }: { pipeline: Pipeline; zone: string }) {
  const { ledger } = pipeline;
  const need = checksOf(pipeline, zone).filter((check) => check.tone === "warn" || check.tone === "bad").length;
  return (
    <section aria-label="Ledger" className="border-b border-line px-4 py-3">
      <div className="mb-1 flex items-center gap-2">
        <h2 className="font-semibold">Pipeline</h2>
        {need > 0 && <Badge tone="warn">{need === 1 ? "1 needs attention" : `${need} need attention`}</Badge>}
        <span className="ml-auto text-sm text-ink3">{pipeline.scope === "all" ? "all stores" : "this key’s store"}</span>
      </div>
      <dl>
        <Sum name="Applied once">{formatCount(ledger.applied)}</Sum>
        <Sum name="Duplicates, no effect">{formatCount(ledger.duplicates)}</Sum>
        <Sum name="Became dead letters" isBad={ledger.dead > 0}>
          {formatCount(ledger.dead)}
        </Sum>
        <Sum name="In flight now">{formatCount(ledger.in_flight)}</Sum>
        <Sum name={<Accepted pipeline={pipeline} />} isTotal>
          {formatCount(ledger.accepted)}
        </Sum>
      </dl>
      <Audit pipeline={pipeline} zone={zone} />
    </section>
  );
}

function Accepted({ pipeline: { ledger } }: { pipeline: Pipeline }) {
  const parts = [ledger.applied, ledger.duplicates, ledger.dead, ledger.in_flight ?? 0].map(formatCount).join(" + ");
  return (
    <Defined
      name="Accepted, 7 days"
      definition={{
        text: "Every event that the gateways accepted in seven days is one of the four above. A letter that is replayed is accepted once more.",
        formula: `${parts} = ${formatCount(ledger.accepted)}`,
        query: "/api/health/pipeline",
        source: "ledger_counts, and the ends of Kafka’s partitions",
      }}
    />
  );
}

function Sum({ name, children, isBad, isTotal }: { name: ReactNode; children: ReactNode; isBad?: boolean; isTotal?: boolean }) {
  return (
    <div className={`flex min-h-6 items-center justify-between gap-3 text-sm ${isTotal ? "mt-1 border-t border-ink2 pt-1.5 font-semibold" : ""}`}>
      <dt className={isTotal ? "" : "text-ink2"}>{name}</dt>
      <dd className={isBad ? "text-bad" : ""}>{children}</dd>
    </div>
  );
}

function Audit({ pipeline: { audit }, zone }: { pipeline: Pipeline; zone: string }) {
  if (!audit) return <p className="mt-1 text-sm text-ink3">The first audit comes within a minute of a start.</p>;
  const when = `audit of ${formatSeconds(audit.at, zone)} ${zoneName(zone)}, ${formatAge(audit.at)}`;
  if (audit.balanced) {
    return (
      <p className="mt-1 flex flex-wrap items-center gap-x-1.5 text-sm">
        <Check aria-hidden="true" size={14} className="text-ok" />
        <span className="text-ok">Adds up</span>
        <span className="text-ink3">· {when}</span>
      </p>
    );
  }
  return (
    <div className="mt-1 text-sm">
      <p className="flex flex-wrap items-center gap-x-1.5">
        <TriangleAlert aria-hidden="true" size={14} className="text-bad" />
        <span className="font-medium text-bad">
          {audit.differences} {audit.differences === 1 ? "difference" : "differences"}
        </span>
        <span className="text-ink3">· {when}</span>
      </p>
      <ul className="mt-1 space-y-1 text-ink2">
        {audit.findings.map((finding) => (
          <li key={finding}>
            <Foreign cut={false}>{finding}</Foreign>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface CheckOf {
  id: string;
  name: string;
  tone: Tone;
  /** What it is in a few words, and what is to be known beside it. */
  value: string;
  detail: string | null;
}

function Checks({ pipeline, zone }: { pipeline: Pipeline; zone: string }) {
  return (
    <section aria-label="Checks" className="border-b border-line px-4 py-2">
      <ul>
        {checksOf(pipeline, zone).map((check) => (
          <li key={check.id} className="flex min-h-11 items-center gap-3 py-1">
            <Dot tone={check.tone} />
            <span className="min-w-0 flex-1">
              <Foreign className="font-medium">{check.name}</Foreign>
              {check.detail && <Foreign className={`text-sm ${check.tone === "warn" ? "text-warn" : check.tone === "bad" ? "text-bad" : "text-ink3"}`}>{check.detail}</Foreign>}
            </span>
            <span className="shrink-0 text-ink2">{check.value}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** From how many seconds on the tables count as behind. */
const LATE = 60;

/** The checks, in words; what is of all stores is left out for the key of one. */
export function checksOf(pipeline: Pipeline, zone: string): CheckOf[] {
  return [...flowChecks(pipeline), ...destinationChecks(pipeline, zone), letterCheck(pipeline)];
}

function flowChecks({ collecting, processing, scope, this_hour, as_of }: Pipeline): CheckOf[] {
  if (scope !== "all") {
    const minutes = Math.max(1, Math.floor((Date.parse(as_of) % 3_600_000) / 60_000));
    const pace = `about ${formatRate(this_hour / minutes)} a minute`;
    return [{ id: "collecting", name: "Collecting", tone: this_hour ? "ok" : "neutral", value: `${formatCount(this_hour)} events`, detail: `this hour · ${pace}` }];
  }
  const speed = [
    collecting?.p95_ms == null ? "speed not known" : `p95 ${formatRate(collecting.p95_ms)} ms`,
    collecting?.refused == null ? "limits not known" : `${formatCount(collecting.refused)} refused by limits`,
  ];
  const found: CheckOf[] = [
    {
      id: "collecting",
      name: "Collecting",
      tone: collecting?.per_second == null ? "neutral" : "ok",
      value: collecting?.per_second == null ? "–" : `${formatRate(collecting.per_second)} ev/s`,
      detail: speed.join(" · "),
    },
  ];
  if (!processing) return [...found, { id: "processing", name: "Processing", tone: "warn", value: "–", detail: "Kafka does not answer" }];
  const waiting = processing.streams.filter((one) => one.lag > 0).length;
  const streams = waiting === 1 ? "1 stream" : `${waiting} streams`;
  return [
    ...found,
    {
      id: "processing",
      name: "Processing",
      tone: processing.behind_seconds > LATE ? "warn" : "ok",
      value: `${formatBehind(processing.behind_seconds)} behind`,
      detail: processing.lag ? `lag ${formatCount(processing.lag)} events on ${streams}` : "nothing waits",
    },
  ];
}

/** Each destination that is not well by itself, the others together. */
function destinationChecks({ destinations, as_of }: Pipeline, zone: string): CheckOf[] {
  const well = destinations.filter((one) => one.word === "ok");
  const others = destinations.filter((one) => one.word !== "ok");
  const found = others.map((one): CheckOf => {
    const waits = one.pending === null ? "–" : `${isMore(formatCount(one.pending), one.more)} wait`;
    return { id: one.destination_id, name: `Delivery · ${one.name}`, tone: toneOf(one.word), value: waits, detail: stateOf(one, as_of, zone) };
  });
  if (well.length) {
    const names = well.map((one) => one.name);
    const listed = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    found.push({ id: "well", name: `Delivery · ${listed}`, tone: "ok", value: "ok", detail: null });
  }
  return found;
}

function toneOf(word: Pipeline["destinations"][number]["word"]): Tone {
  if (word === "paused") return "neutral";
  return word === "refuses" || word === "disabled" ? "bad" : "warn";
}

function stateOf(one: Pipeline["destinations"][number], now: string, zone: string): string {
  const seconds = one.probe_at ? (Date.parse(one.probe_at) - Date.parse(now)) / 1000 : 0;
  const next = seconds > 0 ? `probe in ${formatDuration(seconds)}` : one.probe_at ? `probed at ${formatSeconds(one.probe_at, zone)}` : "";
  const words = {
    ok: "",
    open: ["breaker open", next].filter(Boolean).join(", "),
    waits: "being tried again",
    refuses: `refuses our account: ${one.reason}`,
    paused: ["paused", one.reason].filter(Boolean).join(": "),
    disabled: ["disabled", one.reason].filter(Boolean).join(": "),
  };
  return words[one.word];
}

function letterCheck({ dead_letters: letters }: Pipeline): CheckOf {
  const open = isMore(formatCount(letters.open), letters.more);
  return {
    id: "letters",
    name: "Dead letters",
    tone: letters.open ? "bad" : "ok",
    value: `${open} open`,
    detail: letters.new ? `${formatCount(letters.new)} new since yesterday` : null,
  };
}

function Pace({ pipeline: { collecting }, zone }: { pipeline: Pipeline; zone: string }) {
  const rates = collecting?.rates ?? [];
  if (!collecting || rates.length < 2) return null;
  const most = Math.max(...rates.map((one) => one.per_second));
  return (
    <section aria-label="Pace" className="border-b border-line">
      <LineChart
        title="Events a second"
        controls={
          <span className="flex items-baseline gap-2">
            <strong className="font-semibold">{formatRate(collecting.per_second)}</strong>
            {collecting.week_ago !== null && <span className="text-sm text-ink3">{formatRate(collecting.week_ago)} last week</span>}
          </span>
        }
        sentence={`Events a second in the last 5 minutes, at most ${formatRate(most)}.`}
        buckets={rates.map((one) => ({ start: one.at, isComplete: true }))}
        series={[{ id: "rate", name: "events a second", color: "s1", values: rates.map((one) => one.per_second) }]}
        grain="second"
        zone={zone}
        format={formatRate}
        height={104}
      />
    </section>
  );
}

function Streams({ pipeline: { processing } }: { pipeline: Pipeline }) {
  if (!processing) return null;
  const streams = [...processing.streams].sort((a, b) => (b.per_second ?? 0) - (a.per_second ?? 0));
  return (
    <section aria-label="Streams" className="px-4 py-3">
      <table className="w-full table-fixed text-sm">
        <thead className="text-left text-ink3">
          <tr className="h-6">
            <th scope="col" className="font-normal">
              Stream
            </th>
            <th scope="col" className="w-20 text-right font-normal">
              ev/s
            </th>
            <th scope="col" className="w-20 text-right font-normal">
              behind
            </th>
          </tr>
        </thead>
        <tbody>
          {streams.map((one) => (
            <tr key={one.stream} className="h-6">
              <th scope="row" className="truncate text-left font-normal">
                {one.stream}
              </th>
              <td className="text-right">{formatRate(one.per_second)}</td>
              <td className={`text-right ${one.behind_seconds > LATE ? "text-warn" : "text-ink3"}`}>{formatBehind(one.behind_seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

