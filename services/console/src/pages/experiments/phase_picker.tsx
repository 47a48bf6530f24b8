import { formatDay, formatMoment, zoneName } from "~/format/time";
import { IntervalBar } from "~/charts/interval";
import { ChoiceSelect } from "~/parts/select";
import { Segmented } from "~/parts/segmented";
import { useChoice, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import type { Experiment, Reported } from "./queries";

export const METHODS = [
  ["always", "Always valid"],
  ["fixed", "Fixed end"],
  ["bayes", "Bayesian"],
] as const;
export type Method = (typeof METHODS)[number][0];

/** The selected method of the interval, and whether past behaviour is adjusted for. */
export function useMethod() {
  const [method, setMethod] = useChoice<Method>("method", METHODS.map(([one]) => one), "always");
  const [past, setPast] = useChoice<"on" | "off">("past", ["on", "off"], "off");
  return { method, setMethod, hasPast: past === "on" && method !== "bayes", setPast };
}

/** Chooses phase and method for the table below. */
export function PhasePicker({ reported, test }: { reported: Reported; test: Experiment | undefined }) {
  const zone = useStore().time_zone;
  const [, change] = usePageSearch();
  const { method, setMethod, hasPast, setPast } = useMethod();
  const { phase } = reported.results;
  const phases = Array.from({ length: reported.last_phase }, (_, place) => reported.last_phase - place);
  const begun = (number: number) => test?.phases.find((one) => one.phase === number)?.started_at;
  return (
    <div role="group" aria-label="How the figures are read" className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-1.5">
      <Segmented label="Method" value={method} choices={METHODS} onChoose={setMethod} />
      <label className="flex min-h-8 items-center gap-2" title={method === "bayes" ? "Bayesian figures have no such correction." : undefined}>
        <input type="checkbox" checked={hasPast} disabled={method === "bayes"} className="size-4 accent-[var(--accent)]" onChange={(event) => setPast(event.target.checked ? "on" : "off")} />
        Use what visitors did before the test
      </label>
      {phases.length > 1 && (
        <ChoiceSelect
          label="Phase"
          value={String(phase)}
          choices={phases.map((number) => [String(number), begun(number) ? `${number}, since ${formatDay(begun(number)!, zone)}` : String(number)])}
          onChoose={(next) => change({ phase: Number(next) === reported.last_phase ? null : next })}
        />
      )}
      <Legend method={method} level={Math.round((1 - reported.results.alpha) * 1000) / 10} />
      <span className="sr-only">As of {formatMoment(reported.results.as_of, zone)} {zoneName(zone)}</span>
    </div>
  );
}

function Legend({ method, level }: { method: Method; level: number }) {
  const names = { always: "always valid", fixed: "fixed end", bayes: "credible" };
  return (
    <ul aria-label="Legend" className="ml-auto flex flex-wrap gap-x-4 text-sm text-ink2">
      <li className="flex items-center gap-2">
        <span aria-hidden="true" className="block w-8">
          <IntervalBar reach={1} bar={{ low: -0.9, high: 0.9 }} value={0.1} tone="neutral" label="" />
        </span>
        {names[method]}, {method === "bayes" ? 95 : level}%
      </li>
      {method === "always" && (
        <li className="flex items-center gap-2">
          <span aria-hidden="true" className="block h-px w-6 bg-ink2" />
          fixed end
        </li>
      )}
    </ul>
  );
}
