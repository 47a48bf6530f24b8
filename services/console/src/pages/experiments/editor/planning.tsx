import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "~/api/errors";
import { formatCount, formatPercent } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatDays, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import { useStore } from "~/state/store";
import { type Plan, type PlanQuestion, planQuery } from "../queries";
import { formatLift } from "../words";
import { useEditing } from "./context";
import { type Draft, listOf } from "./draft";
import { TextField } from "./fields";
import { questionOf } from "./planning_question";

const PAUSE = 400;

/** How many visitors and days the test needs, from the store's own traffic. */
export function Planning() {
  const { draft, patch } = useEditing();
  const store = useStore();
  const [perDay, setPerDay] = useState("");
  const asked = usePaused(JSON.stringify(questionOf(draft, perDay)));
  const question = JSON.parse(asked) as PlanQuestion | null;
  const query = useQuery({ ...planQuery(store.store_id, question ?? {}), enabled: question !== null });
  return (
    <section aria-labelledby="plan" className="border-b border-line px-4 py-4">
      <h2 id="plan" className="font-semibold">
        How long it takes
      </h2>
      <div className="mt-3 grid gap-3 md:grid-cols-2">
        <TextField field="relative_effect" label="Smallest change to find" value={draft.effect} unit="%" onChange={(effect) => patch({ effect })} />
        <TextField field="power" label="How surely" value={draft.power} hint="0.8: four times out of five" onChange={(power) => patch({ power })} />
        <TextField field="baseline_rate" label="Control’s rate" value={draft.baseline} unit="%" placeholder="measured" hint="left out: as the store’s last 14 days" onChange={(baseline) => patch({ baseline })} />
        <TextField field="visitors_per_day" label="Visitors a day" value={perDay} placeholder="measured" hint="left out: those of the whole store" onChange={setPerDay} />
      </div>
      <div role="status" aria-label="Plan" data-plan className="mt-3 min-h-28">
        {question === null ? (
          <p className="text-ink3">{whyNot(draft)}</p>
        ) : query.isError ? (
          <p className="text-warn">{planFault(query.error)}</p>
        ) : query.data ? (
          <PlanWords plan={query.data} draft={draft} />
        ) : (
          <p className="text-ink3">Counting…</p>
        )}
      </div>
      {question !== null && query.data?.sizes && (
        <Button size="small" onClick={() => patch({ n_star: String(query.data.n_star) })} blocked={draft.n_star === String(query.data.n_star) ? "The test is tuned to it." : null}>
          Tune the test to {formatCount(query.data.n_star)} visitors
        </Button>
      )}
    </section>
  );
}

function whyNot(draft: Draft): string {
  const metric = draft.metrics.find((one) => one.key === draft.primary);
  const isRevenue = metric?.kind === "sum" && metric.source.trim() === "purchase";
  if (metric && metric.kind !== "binary" && !isRevenue) return "Only conversion rates and revenue can be planned.";
  return "To plan, set the metric’s events, weights that add up to 100%, and the change to find.";
}

function planFault(error: Error): string {
  return error instanceof ApiError ? `No plan can be told: ${readable(error.message)}.` : "No plan can be told.";
}

function PlanWords({ plan, draft }: { plan: Plan; draft: Draft }) {
  const zone = useStore().time_zone;
  const metric = draft.metrics.find((one) => one.key === draft.primary)?.name || "the metric";
  const { sizes, measured } = plan;
  const isTargeted = [draft.page_types, draft.slugs, draft.countries, ...Object.values(draft.utm)].some((one) => listOf(one).length > 0) || draft.devices.length > 0 || draft.visitors !== "all";
  if (!sizes) return null;
  const { always_valid: always, fixed } = sizes;
  return (
    <>
      <p>
        To find a change of {formatLift(plan.effect)} in {readable(metric)}: <strong className="font-semibold">{always.visitors_by_variant.map((one) => formatCount(one)).join(" / ")} visitors</strong>
        {always.days === null ? ", and nobody comes yet to say in how many days" : (
          <>
            , about <strong className="font-semibold">{formatCount(always.days)} days</strong>
          </>
        )}
        . Looked at once, at the end: {fixed.visitors_by_variant.map((one) => formatCount(one)).join(" / ")}
        {fixed.days === null ? "" : `, ${formatCount(fixed.days)} days`}.
      </p>
      <p className="mt-1 text-sm text-ink3">
        {plan.visitors_per_day === null ? "No visitors a day are known." : `By ${formatCount(Math.round(plan.visitors_per_day))} visitors a day`}
        {plan.metric === "share" && ` and a rate of ${formatPercent(plan.baseline, 2)}`}
        {measured ? `, measured ${formatDays(measured.from, measured.to)} ${zoneName(zone)}: ${formatCount(measured.visitors)} visitors${measured.converters ? `, ${formatCount(measured.converters)} of them did` : ""}.` : "."}
        {isTargeted && measured && " That is the whole store: whom the test is for are fewer, so it takes longer."}
      </p>
    </>
  );
}

function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
