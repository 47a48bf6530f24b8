import { Plus, X } from "lucide-react";
import { readable } from "~/format/text";
import { Button, IconButton } from "~/parts/button";
import { ChoiceSelect } from "~/parts/select";
import { useStore } from "~/state/store";
import { useEditing } from "./context";
import { type DraftMetric, SOURCES, newMetric } from "./draft";
import { Fault, TextField } from "./fields";

const KINDS = [
  ["binary", "whether a visitor did it"],
  ["count", "how often"],
  ["sum", "sum of its values"],
  ["ratio", "ratio of two metrics"],
] as const;

/** The metrics; one of them decides. */
export function Metrics() {
  const { draft, patch } = useEditing();
  const { currency } = useStore();
  const add = (made: DraftMetric) => patch({ metrics: [...draft.metrics, made] });
  const hasRevenue = draft.metrics.some((one) => one.kind === "sum" && one.source === "purchase");
  return (
    <section aria-labelledby="metrics" className="border-b border-line px-4 py-4">
      <h2 id="metrics" className="font-semibold">
        Metrics
      </h2>
      <ul className="mt-2 flex flex-col gap-3">
        {draft.metrics.map((one, place) => (
          <MetricLine key={one.key} one={one} place={place} />
        ))}
      </ul>
      <Fault field="metrics" />
      <Fault field="primary_metric" />
      <div className="mt-2 flex flex-wrap gap-2">
        <Button look="ghost" size="small" icon={<Plus aria-hidden="true" size={14} />} onClick={() => add(newMetric("", ""))}>
          Metric
        </Button>
        {!hasRevenue && (
          <Button look="ghost" size="small" icon={<Plus aria-hidden="true" size={14} />} onClick={() => add({ ...newMetric("revenue", "purchase"), kind: "sum", currency: currency ?? "", cap: "auto" })}>
            Revenue
          </Button>
        )}
      </div>
    </section>
  );
}

function MetricLine({ one, place }: { one: DraftMetric; place: number }) {
  const { draft, patch } = useEditing();
  const field = `metrics.${place}`;
  const label = readable(one.name || `metric ${place + 1}`);
  const change = (changes: Partial<DraftMetric>) => patch({ metrics: draft.metrics.map((each) => (each.key === one.key ? { ...each, ...changes } : each)) });
  const drop = () => {
    const left = draft.metrics.filter((each) => each.key !== one.key);
    patch({ metrics: left, primary: draft.primary === one.key ? left[0]!.key : draft.primary });
  };
  return (
    <li data-metric={one.name} className="rounded-panel border border-line p-3">
      <div className="grid gap-3 md:grid-cols-2">
        <TextField field={`${field}.key`} label="Key" value={one.name} placeholder="bought" onChange={(name) => change({ name })} />
        <div className="min-w-0">
          <ChoiceSelect over label={`Counts, of ${label}`} value={one.kind} choices={KINDS} onChoose={(kind) => change({ kind })} />
          <Fault field={`${field}.kind`} />
        </div>
        {one.kind === "ratio" ? <RatioFields one={one} field={field} onChange={change} /> : <TotalFields one={one} field={field} onChange={change} />}
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink2">
        <label className="flex min-h-6 items-center gap-1.5">
          <input type="radio" name="primary" checked={draft.primary === one.key} className="size-4 accent-[var(--accent)]" onChange={() => patch({ primary: one.key })} />
          decides<span className="sr-only">: {label}</span>
        </label>
        <label className="flex min-h-6 items-center gap-1.5">
          <input type="checkbox" checked={one.direction === "decrease"} className="size-4 accent-[var(--accent)]" onChange={(event) => change({ direction: event.target.checked ? "decrease" : "increase" })} />
          less is better
        </label>
        <span className="ml-auto">
          <IconButton size="small" name={`Remove ${label}`} blocked={draft.metrics.length <= 1 ? "A test has one metric at least." : null} icon={<X aria-hidden="true" size={14} />} onClick={drop} />
        </span>
      </div>
    </li>
  );
}

interface PartProps {
  one: DraftMetric;
  field: string;
  onChange: (changes: Partial<DraftMetric>) => void;
}

function TotalFields({ one, field, onChange }: PartProps) {
  return (
    <>
      <TextField
        field={`${field}.source`}
        label="Of events"
        value={one.source}
        list={[...SOURCES.map(([value]) => value), "custom:", "metric:"]}
        hint="or “custom:” or “metric:” with a name behind it"
        onChange={(source) => onChange({ source })}
      />
      {one.kind !== "binary" && (
        <>
          <TextField field={`${field}.currency`} label="Currency" value={one.currency} placeholder="EUR" hint="events in another are left out" onChange={(currency) => onChange({ currency })} />
          <TextField field={`${field}.cap`} label="Cap of a visitor’s total" value={one.cap} placeholder="none" hint="a number; auto for revenue; nothing for none" onChange={(cap) => onChange({ cap })} />
        </>
      )}
    </>
  );
}

function RatioFields({ one, field, onChange }: PartProps) {
  const { draft } = useEditing();
  const keys = draft.metrics.filter((each) => each.kind !== "ratio" && each.name.trim()).map((each) => each.name.trim());
  const choices = [["", "choose a metric"] as const, ...keys.map((key) => [key, readable(key)] as const)];
  return (
    <>
      {(["numerator", "denominator"] as const).map((part) => (
        <div key={part} className="min-w-0">
          <ChoiceSelect over label={part === "numerator" ? "Divide" : "By"} value={one[part]} choices={choices} onChoose={(key) => onChange({ [part]: key })} />
          <Fault field={`${field}.${part}`} />
        </div>
      ))}
    </>
  );
}
